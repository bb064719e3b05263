import { type CountTokens, measure } from '../../text/tokenBudget.js';
import type { BookEntry, CharacterBook } from './cardData.js';
import { createKeywordFinder, type FindKeywords } from './keywords.js';

/** Entries of a lorebook that go into a prompt, before and after what describes the character. */
export type Lore = { before: string[]; after: string[]; cost: number };

/** How many of the last lines are searched for keywords, where the lorebook does not say. */
const SCAN_DEPTH = 5;
/** The longest part of a line that is searched, in UTF-16 code units. */
const SCANNED_LENGTH = 20_000;
/**
 * The longest keyword that is searched for, and all keywords of a lorebook together, in UTF-16 code units: the search
 * keeps a state for each. Longer ones, and those after that many, are
 * not searched for. Names that macros put in count.
 */
const MAX_KEYWORD = 200;
const MAX_KEYWORDS = 200_000;
/** Overhead of an entry, in tokens. */
const ENTRY_COST = 3;

export type LoreOptions = {
  lines: readonly string[];
  room: number;
  countTokens: CountTokens;
  named: (text: string) => string;
};

/**
 * The entries of a lorebook that the last lines call for, within `room` and the lorebook's own budget, both in tokens.
 * Where not all have room, those of a higher priority go first. They stand in the prompt by `insertion_order`.
 * `lines`: oldest first. `named` puts names into texts and keywords. Takes time in line with the lorebook and the lines.
 */
export function recallLore(book: CharacterBook, { lines, room, countTokens, named }: LoreOptions): Lore {
  const called = calledEntries(book.entries, lastLines(lines, book.scan_depth), named);
  const budget = Math.min(room, book.token_budget ?? room);
  const kept: { entry: BookEntry; text: string }[] = [];
  let cost = 0;
  for (const entry of called.toSorted(byValue)) {
    const left = budget - cost - ENTRY_COST;
    if (left <= 0) break;
    const text = named(contentOf(entry));
    if (text === '') continue;
    const measured = measure(text, countTokens, left);
    // A part of an entry could say the opposite of the whole.
    if (measured.cost > left) continue;
    cost += measured.cost + ENTRY_COST;
    kept.push({ entry, text });
  }
  const ordered = kept.toSorted((a, b) => a.entry.insertion_order - b.entry.insertion_order);
  const textsOf = (isBefore: boolean) =>
    ordered.filter(({ entry }) => isBeforeCharacter(entry) === isBefore).map(({ text }) => text);
  return { before: textsOf(true), after: textsOf(false), cost };
}

const byValue = (a: BookEntry, b: BookEntry): number =>
  (b.priority ?? 0) - (a.priority ?? 0) ||
  Number(b.constant ?? false) - Number(a.constant ?? false) ||
  a.insertion_order - b.insertion_order;

/** World info says 0 for before the character. */
const isBeforeCharacter = ({ position }: BookEntry): boolean => position === 'before_char' || position === 0;

function lastLines(lines: readonly string[], scanDepth: number | null | undefined): string[] {
  const depth = Math.max(0, Math.floor(scanDepth ?? SCAN_DEPTH));
  const last = depth === 0 ? [] : lines.slice(-depth);
  return last.map((line) => line.slice(0, SCANNED_LENGTH).normalize('NFC'));
}

/** An entry with its keywords as they are searched for. */
type Searched = { entry: BookEntry; keys: string[]; secondary: string[] };

function calledEntries(
  entries: readonly BookEntry[],
  lines: readonly string[],
  named: LoreOptions['named'],
): BookEntry[] {
  const usable = searchable(
    entries.filter(({ enabled }) => enabled),
    named,
  );
  const exact = finderOf(
    usable.filter(({ entry }) => isExact(entry)),
    lines,
  );
  const folded = finderOf(
    usable.filter(({ entry }) => !isExact(entry)),
    lines.map((line) => line.toLowerCase()),
  );
  const called = usable.filter((each) => each.entry.constant || isCalled(each, isExact(each.entry) ? exact : folded));
  return called.map(({ entry }) => entry);
}

const isExact = (entry: BookEntry): boolean => entry.case_sensitive === true;

type Found = ReturnType<FindKeywords>;

const finderOf = (entries: Searched[], lines: readonly string[]): Found =>
  createKeywordFinder(entries.flatMap(({ keys, secondary }) => [...keys, ...secondary]))(lines);

function isCalled({ entry, keys, secondary }: Searched, found: Found): boolean {
  const needed = entry.selective ? (entry.secondary_keys ?? []).filter((key) => key.trim() !== '') : [];
  const has = (some: string[]) => some.some((key) => found.has(key));
  return has(keys) && (needed.length === 0 || has(secondary));
}

/** The entries with their keywords, as many as the search takes. Patterns are none: docs/decisions/character-cards.md. */
function searchable(entries: readonly BookEntry[], named: LoreOptions['named']): Searched[] {
  let left = MAX_KEYWORDS;
  const take = (entry: BookEntry, keys: readonly string[] = []) => {
    if (entry.use_regex) return [];
    const words = keys.flatMap((key) => {
      const word = key.length > MAX_KEYWORD ? '' : named(key).trim().normalize('NFC');
      return word === '' || word.length > MAX_KEYWORD ? [] : [isExact(entry) ? word : word.toLowerCase()];
    });
    return words.filter((word) => {
      left -= word.length;
      return left >= 0;
    });
  };
  return entries.map((entry) => ({
    entry,
    keys: take(entry, entry.keys),
    secondary: take(entry, entry.secondary_keys ?? []),
  }));
}

/** The text of an entry. The lines at its start that begin with `@@` are instructions to programs. */
function contentOf({ content }: BookEntry): string {
  const lines = content.split('\n');
  const first = lines.findIndex((line) => !line.startsWith('@@'));
  return first < 0 ? '' : lines.slice(first).join('\n').trim();
}
