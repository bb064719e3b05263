import { type CountTokens, measure } from '../../text/tokenBudget.js';
import type { BookEntry, CharacterBook } from './cardData.js';
import { createKeywordFinder, type FindKeywords } from './keywords.js';

/** Entries of a lorebook that go into a prompt, before and after what describes the character. */
export type Lore = { before: string[]; after: string[]; cost: number };

/** How many of the last lines are searched for keywords, where the lorebook does not say. */
const SCAN_DEPTH = 5;
/** The longest part of a line that is searched, in UTF-16 code units. */
const SCANNED_LENGTH = 20_000;
/** Overhead of an entry, in tokens. */
const ENTRY_COST = 3;

/**
 * The entries of a lorebook that the last lines call for, within `room` and the lorebook's own budget, both in tokens.
 * Where not all have room, those of a higher priority go first. They stand in the prompt by `insertion_order`.
 * `lines`: oldest first. Takes time in line with the lorebook and the lines.
 */
export function recallLore(
  book: CharacterBook,
  { lines, room, countTokens }: { lines: readonly string[]; room: number; countTokens: CountTokens },
): Lore {
  const called = calledEntries(book.entries, lastLines(lines, book.scan_depth));
  const budget = Math.min(room, book.token_budget ?? room);
  const kept: { entry: BookEntry; text: string }[] = [];
  let cost = 0;
  for (const entry of called.toSorted(byValue)) {
    const text = contentOf(entry);
    const left = budget - cost - ENTRY_COST;
    if (text === '' || left <= 0) continue;
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

function calledEntries(entries: readonly BookEntry[], lines: readonly string[]): BookEntry[] {
  const usable = entries.filter(({ enabled }) => enabled);
  const exact = finderOf(usable.filter(isExact), lines);
  const folded = finderOf(
    usable.filter((entry) => !isExact(entry)),
    lines.map((line) => line.toLowerCase()),
  );
  return usable.filter((entry) => entry.constant || isCalled(entry, isExact(entry) ? exact : folded));
}

const isExact = (entry: BookEntry): boolean => entry.case_sensitive === true;

type Found = ReturnType<FindKeywords>;

const finderOf = (entries: BookEntry[], lines: readonly string[]): Found =>
  createKeywordFinder(entries.flatMap((entry) => [...keysOf(entry), ...secondaryKeysOf(entry)]))(lines);

function isCalled(entry: BookEntry, found: Found): boolean {
  const secondary = entry.selective ? secondaryKeysOf(entry) : [];
  const has = (keys: string[]) => keys.some((key) => found.has(key));
  return has(keysOf(entry)) && (secondary.length === 0 || has(secondary));
}

const keysOf = (entry: BookEntry): string[] => searched(entry, entry.keys);
const secondaryKeysOf = (entry: BookEntry): string[] => searched(entry, entry.secondary_keys ?? []);

/** The keys as they are searched for. Patterns are not: see docs/decisions/character-cards.md. */
function searched(entry: BookEntry, keys: readonly string[]): string[] {
  if (entry.use_regex) return [];
  const words = keys.map((key) => key.trim().normalize('NFC')).filter(Boolean);
  return isExact(entry) ? words : words.map((word) => word.toLowerCase());
}

/** The text of an entry. The lines at its start that begin with `@@` are instructions to programs. */
function contentOf({ content }: BookEntry): string {
  const lines = content.split('\n');
  const first = lines.findIndex((line) => !line.startsWith('@@'));
  return first < 0 ? '' : lines.slice(first).join('\n').trim();
}
