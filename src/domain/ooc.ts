import type { Segment } from './events.js';

type Span = { from: number; to: number };

/** A `((` that is still open, and how many single parentheses were opened since. */
type Opener = { from: number; singles: number };

/**
 * The user's text in order: out-of-character remarks, written `((like this))`, as `ooc` segments of their inner
 * text, the rest as `narration`. Blank segments are left out.
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

/** The text without its out-of-character remarks and the gaps they leave; empty if that is all it was. */
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

/** What stands where a remark was: the widest break around it, and nothing before punctuation. */
function joint(gap: string, next: string): string {
  const lineEnds = gap.split('\n').length - 1;
  if (lineEnds > 0) return lineEnds > 1 ? '\n\n' : '\n';
  return /^[.,;:!?…]/.test(next) ? '' : ' ';
}

/**
 * The outermost remarks, in order, by one pass with a stack. Remarks nest; a `((` that is never closed and a
 * `))` that closes nothing are plain text.
 */
function oocSpans(text: string): Span[] {
  const outside: Opener = { from: -1, singles: 0 };
  const stack: Opener[] = [outside];
  let spans: Span[] = [];
  for (let at = 0; at < text.length; ) {
    const mark = text[at];
    if (mark !== '(' && mark !== ')') {
      at += 1;
      continue;
    }
    const end = runEnd(text, at);
    if (mark === '(') open(stack, at, end);
    else spans = close(stack, spans, at, end);
    at = end;
  }
  return spans;
}

function runEnd(text: string, from: number): number {
  let end = from + 1;
  while (text[end] === text[from]) end += 1;
  return end;
}

function open(stack: Opener[], from: number, end: number): void {
  let at = from;
  for (; end - at >= 2; at += 2) stack.push({ from: at, singles: 0 });
  if (at < end) stack.at(-1)!.singles += 1;
}

/** In a run of odd length, one `)` belongs to a single `(`, or to nobody: `((see (this)))`, `((bye :)))`. */
function close(stack: Opener[], spans: Span[], from: number, end: number): Span[] {
  let at = from;
  while (at < end) {
    const top = stack.at(-1)!;
    const closes = stack.length > 1 && end - at >= 2 && !((end - at) % 2 === 1 && spare(stack));
    if (!closes) {
      top.singles = Math.max(0, top.singles - 1);
      at += 1;
      continue;
    }
    stack.pop();
    at += 2;
    while (spans.length > 0 && spans.at(-1)!.from > top.from) spans.pop();
    spans.push({ from: top.from, to: at });
  }
  return spans;
}

/** Whether the odd `)` comes before the `))`: not if it is there to close a `(` from before the remark. */
function spare(stack: Opener[]): boolean {
  return stack.at(-1)!.singles > 0 || stack.at(-2)!.singles === 0;
}
