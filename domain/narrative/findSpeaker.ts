import { foldName, type SpeakerNames } from './speakerNames.js';

/** The longest white space before a name that is searched, in UTF-16 code units. */
const MAX_SPACE = 64;

const space = new RegExp(`\\s{0,${MAX_SPACE}}`, 'y');
const opening = /[*_[<(~#> \t]{0,8}/y;
const closing = /[*_\]>)~ \t]{0,8}/y;

/** What is before a name, and how the same marks look behind it. Headings and quotes have no end. */
const mirrors = new Map([
  ['*', '*'],
  ['_', '_'],
  ['~', '~'],
  ['[', ']'],
  ['(', ')'],
  ['<', '>'],
]);

export type FoundSpeaker =
  /** `length`: of the name with what surrounds it. `kept`: the part of it that belongs to the line. */
  | { found: 'own' | 'other'; length: number; kept: string }
  /** More text decides. */
  | { found: 'undecided' }
  | { found: 'none' };

/**
 * Looks for a speaker's name at the start of a text: `Mira: `, `**Mira:** `, `[Mira]: `, in any case, after white space.
 * `isWhole`: no more text follows, so nothing is undecided. Takes time in line with the names, not with the text.
 */
export function findSpeaker(text: string, names: SpeakerNames, isWhole: boolean): FoundSpeaker {
  const from = endOfRun(space, text, 0);
  const openedAt = endOfRun(opening, text, from);
  const open = text.slice(from, openedAt);
  // A name may itself begin with such a mark.
  const first = nameEnd(text, from, '', names, isWhole);
  const end = first === 'none' && open ? nameEnd(text, openedAt, open, names, isWhole) : first;
  return typeof end === 'object' ? end : { found: end };
}

function endOfRun(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  pattern.test(text);
  return pattern.lastIndex;
}

type End = Extract<FoundSpeaker, { length: number }> | 'undecided' | 'none';

/** The first name that decides: a later one would be another answer than for more text. */
function nameEnd(text: string, at: number, open: string, { own, others }: SpeakerNames, isWhole: boolean): End {
  if (at === text.length) return isWhole ? 'none' : 'undecided';
  const named = [
    ...own.map((name) => ({ name, found: 'own' as const })),
    ...others.map((name) => ({ name, found: 'other' as const })),
  ];
  for (const { name, found } of named) {
    const part = text.slice(at, at + name.length);
    if (foldName(part) !== foldName(name.slice(0, part.length))) continue;
    const end = part.length < name.length ? 'undecided' : colonEnd(text, at + name.length, open, found, isWhole);
    if (typeof end === 'object' || (end === 'undecided' && !isWhole)) return end;
  }
  return 'none';
}

/** The end of a name that ends at `at`: marks and a colon, or a colon and marks. */
function colonEnd(text: string, at: number, open: string, found: 'own' | 'other', isWhole: boolean): End {
  const closedAt = endOfRun(closing, text, at);
  if (closedAt === text.length) return 'undecided';
  if (text[closedAt] !== ':' && text[closedAt] !== '：') return 'none';
  const length = closedAt + 1;
  const isClosed = text.slice(at, closedAt).trim() !== '';
  const close = isClosed ? '' : mirror(open);
  const after = text.slice(length, length + close.length);
  if (after === close) return { found, length: length + close.length, kept: '' };
  // The marks surround the whole line.
  if (isWhole || found === 'other' || !close.startsWith(after)) return { found, length, kept: open.trimEnd() };
  return 'undecided';
}

const mirror = (open: string): string =>
  [...open]
    .map((mark) => mirrors.get(mark) ?? '')
    .reverse()
    .join('');
