import type { Span } from './span.js';

/** A change that a model proposes to a document. `original` is text of the body; empty, it begins an empty body. */
export type ProposedChange = { original: string; proposed: string; reason: string };

/** A well-formed block and where it is in the reply. */
export type ChangeBlock = Span & { change: ProposedChange };

/** The tags of a block, in their required order. */
const order = [
  '<change>',
  '<original>',
  '</original>',
  '<proposed>',
  '</proposed>',
  '<reason>',
  '</reason>',
  '</change>',
];
const OPEN = 0;
/** The index in `order` of each field's opening tag. */
const fields = { original: 1, proposed: 3, reason: 5 } as const;

/** Parser state: the offsets of the current block's tags so far. */
export function createBlockParser(reply: string) {
  let begins: number[] = [];
  let ends: number[] = [];
  const drop = () => {
    [begins, ends] = [[], []];
  };
  const isWithinText = () => isText(begins.length);

  return {
    drop,
    isWithinText,
    /**
     * Returns the block if this tag completes it, else null. Within a field's text, other tags are part of the text. A
     * `<change>` within an incomplete block begins another block.
     */
    take(tag: string, index: number): ChangeBlock | null {
      if (tag === order[OPEN]) drop();
      if (!follows(reply, tag, begins.length, ends.at(-1) ?? 0, index)) {
        if (!isWithinText()) drop();
        return null;
      }
      begins.push(index);
      ends.push(index + tag.length);
      if (begins.length < order.length) return null;
      const block = { start: begins[0]!, end: ends.at(-1)!, change: toChange(reply, begins, ends) };
      drop();
      return block;
    },
  };
}

/** Whether the parser is within a field's text: `<original>`, `<proposed>` or `<reason>` is open. */
const isText = (seen: number) => seen === 2 || seen === 4 || seen === 6;

/** Whether a token is the next tag of a block. Only white space may separate a field from the next tag. */
function follows(reply: string, token: string, seen: number, end: number, index: number): boolean {
  if (token !== order[seen]) return false;
  return seen === OPEN || isText(seen) || isBlank(reply, end, index);
}

/** Whether a part of a text is only white space. */
export function isBlank(text: string, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (!' \t\r\n'.includes(text[at]!)) return false;
  return true;
}

function toChange(reply: string, begins: number[], ends: number[]): ProposedChange {
  const textOf = (field: keyof typeof fields) => unwrap(reply.slice(ends[fields[field]], begins[fields[field] + 1]));
  return { original: textOf('original'), proposed: textOf('proposed'), reason: textOf('reason').trim() };
}

/** Models often write a text on lines of its own: one line end at each side is not part of the text. */
const unwrap = (text: string): string => text.replace(/^\r?\n/, '').replace(/\r?\n[ \t]*$/, '');
