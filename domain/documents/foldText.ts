import type { Span } from './span.js';

/**
 * What counts as equal, each level with what the levels before it allow. `lineEnds`: the forms of a line end.
 * `typography`: forms of quotes, dashes and blanks, the canonical forms of Unicode, invisible characters, blanks before
 * a line end. `runs`: one blank and several.
 */
export const foldLevels = ['lineEnds', 'typography', 'runs'] as const;
export type FoldLevel = (typeof foldLevels)[number];

/** A text in which equal texts are the same. Each unit of it stands for a part of the source. */
export type FoldedText = {
  text: string;
  /** The part of the source that a part of the folded text stands for; null if it begins or ends within a character. */
  sourceOf(folded: Span): Span | null;
  /** The part of the folded text whose source is within a part of the source. */
  within(source: Span): Span;
};

const NEW_LINE = 10;
const BLANK = 32;
const BACKTICK = 96;
/** The first mark that belongs to the character before it. */
const FIRST_MARK = 0x300;
/** Marks after a character beyond these are characters of their own: sorting them takes more than linear time. */
const MAX_MARKS = 32;

const forms: readonly [string, string][] = [
  ['"', '“”„‟«»″‶〝〞〟＂'],
  ["'", '‘’‚‛‹›′‵ʼ`´＇'],
  ['-', '‐‑‒–—―−﹘﹣－'],
  ['...', '…'],
  ['', '\u00ad\u200b\u2060\ufeff'],
];
const formOf = new Map(forms.flatMap(([form, all]) => [...all].map((each) => [each, form] as const)));

const isBlank = (unit: number) =>
  unit === 32 ||
  unit === 9 ||
  unit === 0xa0 ||
  unit === 0x1680 ||
  (unit >= 0x2000 && unit <= 0x200a) ||
  unit === 0x202f ||
  unit === 0x205f ||
  unit === 0x3000;

/** The code units of the line end at an offset; 0 if there is none. */
function lineEndAt(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  if (unit === 13) return text.charCodeAt(at + 1) === NEW_LINE ? 2 : 1;
  return unit === NEW_LINE || unit === 0x85 || unit === 0x2028 || unit === 0x2029 ? 1 : 0;
}

/** Whether a character belongs to the one before it: a mark, or a vowel or final consonant of a Hangul syllable. */
function isMark(point: number): boolean {
  if (point < FIRST_MARK || (point >= 0x3040 && point < 0xa66f)) return point === 0x3099 || point === 0x309a;
  return (point >= 0x1160 && point <= 0x11ff) || /^\p{M}$/u.test(String.fromCodePoint(point));
}

/** The end of the character that begins at an offset, with its marks. */
function characterEnd(text: string, at: number): number {
  let end = at + (text.codePointAt(at)! > 0xffff ? 2 : 1);
  for (let marks = 0; end < text.length && marks < MAX_MARKS; marks++) {
    const point = text.codePointAt(end)!;
    if (!isMark(point)) break;
    end += point > 0xffff ? 2 : 1;
  }
  return end;
}

/** Whether a character folds to itself at every level: most do, and take the short way. */
function isPlainAt(source: string, at: number): boolean {
  const unit = source.charCodeAt(at);
  return unit > BLANK && unit < 127 && unit !== BACKTICK && !(source.charCodeAt(at + 1) >= FIRST_MARK);
}

/** What the text at an offset folds to, and where it ends. */
function readFolded(source: string, at: number, level: FoldLevel): { folded: string; end: number } {
  const lineEnd = lineEndAt(source, at);
  if (lineEnd > 0) return { folded: '\n', end: at + lineEnd };
  if (level === 'lineEnds') return { folded: source[at]!, end: at + 1 };
  const end = characterEnd(source, at);
  if (end === at + 1 && isBlank(source.charCodeAt(at))) return { folded: ' ', end };
  const character = source.slice(at, end);
  return { folded: formOf.get(character) ?? character.normalize('NFD'), end };
}

/** Whether a text has something that folds to something else. */
const foldable: Record<FoldLevel, RegExp> = {
  lineEnds: /[\r\u0085\u2028\u2029]/,
  typography: /[^\n -_a-~]| (?=\n)/,
  runs: /[^\n -_a-~]| (?=\n)| {2}/,
};

/** Folds a text, in time linear in its length. */
export function foldText(source: string, level: FoldLevel): FoldedText {
  return foldable[level].test(source) ? foldCharacters(source, level) : { text: source, sourceOf: same, within: same };
}

const same = <T>(span: T): T => span;

function foldCharacters(source: string, level: FoldLevel): FoldedText {
  const units: number[] = [];
  const from: number[] = [];
  const to: number[] = [];
  const isAfterBlank = () => units.at(-1) === BLANK;
  const push = (unit: number, start: number, end: number) => {
    units.push(unit);
    from.push(start);
    to.push(end);
  };
  for (let at = 0, end = 0; at < source.length; at = end) {
    if (isPlainAt(source, at)) {
      end = at + 1;
      push(source.charCodeAt(at), at, end);
      continue;
    }
    const read = readFolded(source, at, level);
    end = read.end;
    if (read.folded === '\n' && level !== 'lineEnds')
      while (isAfterBlank()) for (const part of [units, from, to]) part.pop();
    if (read.folded === ' ' && level === 'runs' && isAfterBlank()) to[to.length - 1] = end;
    else for (let n = 0; n < read.folded.length; n++) push(read.folded.charCodeAt(n), at, end);
  }
  return withOffsets(textOf(units), from, to);
}

function withOffsets(text: string, from: number[], to: number[]): FoldedText {
  const isEdge = (at: number) => at === 0 || at === from.length || from[at] !== from[at - 1];
  return {
    text,
    sourceOf: ({ start, end }) =>
      isEdge(start) && isEdge(end) && start < end ? { start: from[start]!, end: to[end - 1]! } : null,
    within: (source) => ({
      start: firstIndex(from, (offset) => offset >= source.start),
      end: firstIndex(to, (offset) => offset > source.end),
    }),
  };
}

/** The first index whose value passes; values that pass are behind all that do not. */
function firstIndex(sorted: number[], passes: (value: number) => boolean): number {
  let low = 0;
  for (let high = sorted.length; low < high; ) {
    const middle = (low + high) >> 1;
    if (passes(sorted[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** In parts, because the number of a call's arguments is limited. */
function textOf(units: number[]): string {
  const parts: string[] = [];
  for (let at = 0; at < units.length; at += 8_192) parts.push(String.fromCharCode(...units.slice(at, at + 8_192)));
  return parts.join('');
}
