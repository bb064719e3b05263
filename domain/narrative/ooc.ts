import type { Segment } from './segment.js';

type Span = { from: number; to: number };

/**
 * `from`: the offsets of the `((` that are still open, innermost last. `singles`: how many single parentheses were opened
 * since each. Both are lists of numbers, because a text may contain half a million parentheses. The first entry stands
 * for the text outside of all remarks.
 */
type Openers = { from: number[]; singles: number[] };

/**
 * Splits the user's text into segments, in order. Out-of-character remarks, written `((like this))`, become `ooc`
 * segments without their parentheses; the rest becomes `narration`. Blank segments are left out.
 */
export function splitProse(text: string): Segment[] {
  const segments: Segment[] = [];
  let at = 0;
  const take = (kind: Segment['kind'], from: number, to: number) => {
    const part = text.slice(from, to).trim();
    if (part) segments.push({ kind, text: part });
  };
  for (const { from, to } of oocSpans(text)) {
    take('narration', at, from);
    take('ooc', from + 2, to - 2);
    at = to;
  }
  take('narration', at, text.length);
  return segments;
}

/** The text without its out-of-character remarks and the spaces around them; empty if it contains nothing else. */
export function stripOoc(text: string): string {
  let prose = '';
  let gap = '';
  let at = 0;
  for (const { from, to } of [...oocSpans(text), { from: text.length, to: text.length }]) {
    const part = text.slice(at, from);
    const trimmed = part.trim();
    at = to;
    if (!trimmed) {
      gap += part;
      continue;
    }
    const start = part.indexOf(trimmed);
    if (prose) prose += joint(gap + part.slice(0, start), trimmed);
    prose += trimmed;
    gap = part.slice(start + trimmed.length);
  }
  return prose;
}

/**
 * What replaces a remark: a paragraph break, a line break or a space, the widest that was around it; nothing before
 * punctuation.
 */
function joint(gap: string, next: string): string {
  const lineEnds = gap.split('\n').length - 1;
  if (lineEnds > 0) return lineEnds > 1 ? '\n\n' : '\n';
  return /^[.,;:!?…]/.test(next) ? '' : ' ';
}

/**
 * The outermost remarks, in order, found in one pass with a stack. Remarks may be nested. A `((` or `))` without its
 * counterpart is plain text.
 */
function oocSpans(text: string): Span[] {
  const stack: Openers = { from: [-1], singles: [0] };
  const spans: Span[] = [];
  for (let at = nextMark(text, 0); at < text.length; at = nextMark(text, at)) {
    const end = runEnd(text, at);
    if (text.charCodeAt(at) === OPEN) open(stack, at, end);
    else close(stack, spans, at, end);
    at = end;
  }
  return spans;
}

const OPEN = '('.charCodeAt(0);
const CLOSE = ')'.charCodeAt(0);

function nextMark(text: string, from: number): number {
  for (let at = from; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === OPEN || code === CLOSE) return at;
  }
  return text.length;
}

function runEnd(text: string, from: number): number {
  const code = text.charCodeAt(from);
  let end = from + 1;
  while (end < text.length && text.charCodeAt(end) === code) end += 1;
  return end;
}

function open({ from, singles }: Openers, start: number, end: number): void {
  let at = start;
  for (; end - at >= 2; at += 2) {
    from.push(at);
    singles.push(0);
  }
  if (at < end) singles[singles.length - 1]! += 1;
}

/** In a run of odd length, one `)` closes a single `(`, as in `((see (this)))`, or nothing, as in `((bye :)))`. */
function close(stack: Openers, spans: Span[], start: number, end: number): void {
  const { from, singles } = stack;
  for (let at = start; at < end; ) {
    const top = singles.length - 1;
    const closes = top > 0 && end - at >= 2 && !((end - at) % 2 === 1 && spare(singles));
    if (!closes) {
      singles[top] = Math.max(0, singles[top]! - 1);
      at += 1;
      continue;
    }
    const opened = from.pop()!;
    singles.pop();
    at += 2;
    while (spans.length > 0 && spans.at(-1)!.from > opened) spans.pop();
    spans.push({ from: opened, to: at });
  }
}

/** Whether the odd `)` comes before the `))`. It does not if it closes a `(` from before the remark. */
function spare(singles: number[]): boolean {
  return singles.at(-1)! > 0 || singles.at(-2)! === 0;
}
