import { findChangeBlocks } from '../../domain/documents/changeBlocks.js';

/** A part of a reply about a document: prose, a block that suggests a change, or a block that is still streaming. */
export type ReplyPart =
  | { type: 'prose'; text: string }
  | { type: 'change'; original: string; proposed: string; reason: string }
  | { type: 'unfinished'; text: string };

const open = '<change>';

/**
 * Splits a reply into prose and change blocks, in order, as the server does. `begins`: a block with an empty original
 * counts. A `<change>` after the last block, without its end, is unfinished.
 */
export function partsOf(reply: string, begins = false): ReplyPart[] {
  const parts: ReplyPart[] = [];
  let at = 0;
  const addProse = (end: number) => {
    if (reply.slice(at, end).trim() !== '') parts.push({ type: 'prose', text: reply.slice(at, end) });
  };
  for (const { start, end, change } of findChangeBlocks(reply, begins)) {
    addProse(start);
    parts.push({ type: 'change', ...change });
    at = end;
  }
  const unfinished = reply.indexOf(open, Math.max(at, reply.lastIndexOf('</change>')));
  addProse(unfinished < 0 ? reply.length : unfinished);
  return unfinished < 0 ? parts : [...parts, { type: 'unfinished', text: reply.slice(unfinished) }];
}
