/** A change that a model proposes to a document. `original` is verbatim from the body. */
export type ProposedChange = { original: string; proposed: string; reason: string };

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

/**
 * A tag, or a line that begins or ends a code fence. Fenced text is an example and proposes nothing. The pattern is
 * unambiguous, so that matching takes linear time for every text.
 */
const TOKEN = /^[ ]{0,3}(```|~~~)|<\/?(?:change|original|proposed|reason)>/gm;

/**
 * The well-formed change blocks of a whole reply, in source order, at most `limit`. A block is plain text if tags are
 * missing, out of order or separated by more than white space, or if its original is empty. A `<change>` within an
 * incomplete block begins another block.
 */
export function parseChangeBlocks(reply: string, limit = Number.POSITIVE_INFINITY): ProposedChange[] {
  const changes: ProposedChange[] = [];
  for (const change of changesIn(reply)) {
    if (changes.length >= limit) break;
    changes.push(change);
  }
  return changes;
}

function* changesIn(reply: string): Generator<ProposedChange> {
  const block = createBlock(reply);
  let fence: string | null = null;
  for (const { 0: token, 1: mark, index } of reply.matchAll(TOKEN)) {
    if (mark && (fence || !block.isWithinText())) {
      if (!fence) fence = mark;
      else if (fence === mark) fence = null;
      block.drop();
    } else if (!mark && !fence) {
      const change = block.take(token, index);
      if (change && change.original !== '') yield change;
    }
  }
}

/** Parser state: the offsets of the current block's tags so far. */
function createBlock(reply: string) {
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
     * Returns the change if this tag completes it, else null. Within a field's text, other tags are part of the text.
     */
    take(token: string, index: number): ProposedChange | null {
      if (token === order[OPEN]) drop();
      if (!follows(reply, token, begins.length, ends.at(-1) ?? 0, index)) {
        if (!isWithinText()) drop();
        return null;
      }
      begins.push(index);
      ends.push(index + token.length);
      if (begins.length < order.length) return null;
      const change = toChange(reply, begins, ends);
      drop();
      return change;
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

function isBlank(text: string, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (!' \t\r\n'.includes(text[at]!)) return false;
  return true;
}

function toChange(reply: string, begins: number[], ends: number[]): ProposedChange {
  const textOf = (field: keyof typeof fields) => unwrap(reply.slice(ends[fields[field]], begins[fields[field] + 1]));
  return { original: textOf('original'), proposed: textOf('proposed'), reason: textOf('reason').trim() };
}

/** Models often write a text on lines of its own: one line end at each side is not part of the text. */
const unwrap = (text: string): string => text.replace(/^\r?\n/, '').replace(/\r?\n[ \t]*$/, '');
