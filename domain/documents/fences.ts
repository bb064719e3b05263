import { overlaps, type Span } from './span.js';

/** A code fence: from its opening to its closing line. `content` is what is between the two lines. */
export type Fence = Span & { content: Span };

type Mark = Span & { sign: string; length: number; canClose: boolean };

const FENCE_LINE = /^ {0,3}(`{3,}|~{3,})(.*)$/gm;

/**
 * The code fences of a text, as in CommonMark: closed by the same sign, at least as often, alone on its line. A line
 * that nothing closes is no fence. Lines that touch a part of `except`, which is in order, are text. Takes linear time.
 */
export function findFences(text: string, except: readonly Span[]): Fence[] {
  const marks = marksOf(text, except);
  const longest = longestClosers(marks);
  const fences: Fence[] = [];
  for (let n = 0; n < marks.length; n++) {
    const open = marks[n]!;
    if ((longest[n + 1]?.[open.sign] ?? 0) < open.length) continue;
    do n += 1;
    while (!closes(marks[n]!, open));
    const close = marks[n]!;
    fences.push({ start: open.start, end: close.end, content: { start: open.end, end: close.start } });
  }
  return fences;
}

const closes = (mark: Mark, open: Mark) => mark.canClose && mark.sign === open.sign && mark.length >= open.length;

function marksOf(text: string, except: readonly Span[]): Mark[] {
  const marks: Mark[] = [];
  let next = 0;
  for (const { 0: line, 1: run = '', 2: rest = '', index: start } of text.matchAll(FENCE_LINE)) {
    const end = start + line.length;
    while (next < except.length && except[next]!.end <= start) next += 1;
    const inner = except[next];
    // A line of backticks with another one after them is inline code.
    if ((inner && overlaps(inner, { start, end })) || (run[0] === '`' && rest.includes('`'))) continue;
    marks.push({ start, end, sign: run[0]!, length: run.length, canClose: rest.trim() === '' });
  }
  return marks;
}

/** For each mark, the longest of those from it on that can close a fence, by their sign. */
function longestClosers(marks: readonly Mark[]): Record<string, number>[] {
  const longest = new Array<Record<string, number>>(marks.length);
  let after: Record<string, number> = {};
  for (let n = marks.length - 1; n >= 0; n--) {
    const { sign, length, canClose } = marks[n]!;
    if (canClose && length > (after[sign] ?? 0)) after = { ...after, [sign]: length };
    longest[n] = after;
  }
  return longest;
}
