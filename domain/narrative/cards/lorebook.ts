import { type CountTokens, type FindPatterns, type KeyPattern, measure } from '../../text/tokenBudget.js';
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
/** The longest pattern that is searched for. */
const MAX_PATTERN = 2_000;
/** Overhead of an entry, in tokens. */
const ENTRY_COST = 3;

/** Puts the names of the participants into a text, and into a pattern, where a name is literal text. */
export type LoreNames = { inText(text: string): string; inPattern(pattern: string): string };

export type LoreOptions = {
  lines: readonly string[];
  room: number;
  countTokens: CountTokens;
  named: LoreNames;
  /** Left out: patterns call nothing. */
  findPatterns?: FindPatterns | undefined;
};

const findNone: FindPatterns = () => new Set();

/**
 * The entries of a lorebook that the last lines call for, within `room` and the lorebook's own budget, both in tokens.
 * Where not all have room, those of a higher priority go first. They stand in the prompt by `insertion_order`.
 * `lines`: oldest first. `named` puts names into texts and keywords. Takes time in line with the lorebook and the lines.
 */
export function recallLore(book: CharacterBook, options: LoreOptions): Lore {
  const { room, countTokens, named } = options;
  const called = calledEntries(book, options);
  const budget = Math.min(room, book.token_budget ?? room);
  const kept: { entry: BookEntry; text: string }[] = [];
  let cost = 0;
  for (const entry of called.toSorted(byValue)) {
    const left = budget - cost - ENTRY_COST;
    if (left <= 0) break;
    const text = named.inText(contentOf(entry));
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

function calledEntries(book: CharacterBook, { lines: all, named, findPatterns = findNone }: LoreOptions): BookEntry[] {
  const lines = lastLines(all, book.scan_depth);
  const enabled = book.entries.filter(({ enabled }) => enabled);
  const usable = searchable(enabled, named);
  const exact = finderOf(
    usable.filter(({ entry }) => isExact(entry)),
    lines,
  );
  const folded = finderOf(
    usable.filter(({ entry }) => !isExact(entry)),
    lines.map((line) => line.toLowerCase()),
  );
  const byPattern = patternFinderOf(enabled.filter(isPatterned), lines, named, findPatterns);
  const isFound = (each: Searched) =>
    isPatterned(each.entry) ? byPattern(each.entry) : isCalled(each, isExact(each.entry) ? exact : folded);
  return usable.filter((each) => each.entry.constant || isFound(each)).map(({ entry }) => entry);
}

/** Constant entries need no keyword. */
const isPatterned = (entry: BookEntry): boolean => entry.use_regex && !entry.constant;

const patternsIn = (entry: BookEntry, keys: readonly string[], named: LoreNames): KeyPattern[] =>
  keys
    .filter((key) => key.trim() !== '' && key.length <= MAX_PATTERN)
    .map((key) => ({ pattern: named.inPattern(key), caseSensitive: isExact(entry) }));

/** Searches for the patterns of all entries at once, so that they share one limit of work. */
function patternFinderOf(
  entries: BookEntry[],
  lines: readonly string[],
  named: LoreNames,
  findPatterns: FindPatterns,
): (entry: BookEntry) => boolean {
  const parts = new Map(
    entries.map((entry) => {
      const secondary = entry.selective ? patternsIn(entry, entry.secondary_keys ?? [], named) : [];
      return [entry, { keys: patternsIn(entry, entry.keys, named), secondary }];
    }),
  );
  const all = [...parts.values()].flatMap(({ keys, secondary }) => [...keys, ...secondary]);
  const found = all.length > 0 ? findPatterns(all, lines) : new Set<KeyPattern>();
  return (entry) => {
    const { keys, secondary } = parts.get(entry)!;
    const has = (some: KeyPattern[]) => some.some((key) => found.has(key));
    return has(keys) && (secondary.length === 0 || has(secondary));
  };
}

/** The patterns of a lorebook, each with its place in it. */
export const patternsOf = ({ entries }: CharacterBook): (KeyPattern & { path: string })[] =>
  entries.flatMap((entry, n) =>
    entry.use_regex
      ? (['keys', 'secondary_keys'] as const).flatMap((field) =>
          (entry[field] ?? []).flatMap((pattern, at) =>
            pattern.trim() === ''
              ? []
              : [{ pattern, caseSensitive: isExact(entry), path: `entries.${n}.${field}.${at}` }],
          ),
        )
      : [],
  );

const isExact = (entry: BookEntry): boolean => entry.case_sensitive === true;

type Found = ReturnType<FindKeywords>;

const finderOf = (entries: Searched[], lines: readonly string[]): Found =>
  createKeywordFinder(entries.flatMap(({ keys, secondary }) => [...keys, ...secondary]))(lines);

function isCalled({ entry, keys, secondary }: Searched, found: Found): boolean {
  const needed = entry.selective ? (entry.secondary_keys ?? []).filter((key) => key.trim() !== '') : [];
  const has = (some: string[]) => some.some((key) => found.has(key));
  return has(keys) && (needed.length === 0 || has(secondary));
}

/** The entries with their keywords, as many as the search takes; patterns are searched for apart. */
function searchable(entries: readonly BookEntry[], named: LoreNames): Searched[] {
  let left = MAX_KEYWORDS;
  const take = (entry: BookEntry, keys: readonly string[] = []) => {
    if (entry.use_regex) return [];
    const words = keys.flatMap((key) => {
      const word = key.length > MAX_KEYWORD ? '' : named.inText(key).trim().normalize('NFC');
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
