/** A change to a document as a model proposes it. `original` is verbatim from the body. */
export type ProposedChange = { original: string; proposed: string; reason: string };

/** The only tags that mean anything, in the order in which they must come. */
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
/** Where in `order` a text begins that is kept, by its field. */
const fields = { original: 1, proposed: 3, reason: 5 } as const;

/**
 * A tag, or a line that begins or ends a code fence: what is fenced is an example, and proposes nothing. No part of
 * the pattern can match in two ways, so time is linear whatever the text.
 */
const TOKEN = /^[ ]{0,3}(```|~~~)|<\/?(?:change|original|proposed|reason)>/gm;

/**
 * The well-formed change blocks of a whole reply, in the order of their source. A block whose tags are missing, out
 * of order or apart by more than white space is plain text; a `<change>` within it begins another. Without an
 * original there is nothing to replace, so that is none either. Beyond `limit` of them the reply is plain text.
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

/** The block that is being read: the tags of it so far. */
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
    /** The change, when this tag completes it. Within a text, other tags are part of that. */
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

/** Whether the next tag closes a text: `<original>`, `<proposed>` or `<reason>` is open. */
const isText = (seen: number) => seen === 2 || seen === 4 || seen === 6;

/** Whether a token is the next tag of a block; between a text's end and the next tag only white space may stand. */
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

/** Models like to put a text on lines of its own: one line end at each side is not part of it. */
const unwrap = (text: string): string => text.replace(/^\r?\n/, '').replace(/\r?\n[ \t]*$/, '');
