import { type Edit, editBetween } from './span.js';

/** More edits than these are taken as one. */
const MAX_EDITS = 1_000;

type Line = { start: number; text: string };

/**
 * The edits that lead from a body to another that a person wrote, in order: what differs between lines that both
 * contain once, in the same order (the anchors of a patience diff). Takes time linear in the bodies, but for the
 * sorting of such lines.
 */
export function handEdits(before: string, after: string): Edit[] {
  const whole = editBetween(before, after);
  const afterEnd = whole.start + whole.length;
  if (whole.start === whole.end && whole.length === 0) return [];
  const edits: Edit[] = [];
  let from = { before: whole.start, after: whole.start };
  const addUpTo = (to: { before: number; after: number }) => {
    const edit = editBetween(before.slice(from.before, to.before), after.slice(from.after, to.after));
    const start = from.before + edit.start;
    if (edit.start < edit.end || edit.length > 0)
      edits.push({ start, end: from.before + edit.end, length: edit.length });
  };
  for (const [old, now] of commonLines(before.slice(whole.start, whole.end), after.slice(whole.start, afterEnd))) {
    addUpTo({ before: whole.start + old.start, after: whole.start + now.start });
    from = { before: whole.start + old.start + old.text.length, after: whole.start + now.start + now.text.length };
  }
  addUpTo({ before: before.length, after: after.length });
  return edits.length > MAX_EDITS ? [whole] : edits;
}

/** Pairs of lines that occur once in each text, as many as are in the same order. */
function commonLines(before: string, after: string): [Line, Line][] {
  const once = uniqueLines(after);
  const pairs = [...uniqueLines(before).values()].flatMap((old): [Line, Line][] => {
    const now = once.get(old.text);
    return now ? [[old, now]] : [];
  });
  return longestRising(pairs);
}

/** The lines that a text contains once, with their line ends. Blank ones say too little. */
function uniqueLines(text: string): Map<string, Line> {
  const lines = new Map<string, Line | null>();
  for (const { 0: line, index: start } of text.matchAll(/[^\n]*\n|[^\n]+/g))
    if (line.trim() !== '') lines.set(line, lines.has(line) ? null : { start, text: line });
  return new Map([...lines].flatMap(([text, line]) => (line ? [[text, line]] : [])));
}

/** The longest selection of pairs, which are in order of the first, that is also in order of the second. */
function longestRising(pairs: [Line, Line][]): [Line, Line][] {
  const ends: number[] = [];
  const previous: number[] = [];
  pairs.forEach(([, { start }], n) => {
    let low = 0;
    for (let high = ends.length; low < high; ) {
      const middle = (low + high) >> 1;
      if (pairs[ends[middle]!]![1].start < start) low = middle + 1;
      else high = middle;
    }
    previous[n] = ends[low - 1] ?? -1;
    ends[low] = n;
  });
  const rising: [Line, Line][] = [];
  for (let n = ends.at(-1) ?? -1; n >= 0; n = previous[n]!) rising.push(pairs[n]!);
  return rising.reverse();
}
