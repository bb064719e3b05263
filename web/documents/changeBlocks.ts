/** A part of a reply about a document: prose, a block that suggests a change, or a block that is still streaming. */
export type ReplyPart =
  | { type: 'prose'; text: string }
  | { type: 'change'; original: string; proposed: string; reason: string }
  | { type: 'unfinished'; text: string };

const open = '<change>';
const close = '</change>';

/** Splits a reply into prose and change blocks, in order. A block with a missing or empty field is prose. */
export function partsOf(reply: string): ReplyPart[] {
  const parts: ReplyPart[] = [];
  let at = 0;
  for (let begin = reply.indexOf(open); begin >= 0; begin = reply.indexOf(open, at)) {
    if (begin > at) parts.push({ type: 'prose', text: reply.slice(at, begin) });
    const end = reply.indexOf(close, begin);
    if (end < 0) return [...parts, { type: 'unfinished', text: reply.slice(begin) }];
    at = end + close.length;
    parts.push(toChange(reply.slice(begin, at)) ?? { type: 'prose', text: reply.slice(begin, at) });
  }
  if (at < reply.length) parts.push({ type: 'prose', text: reply.slice(at) });
  return parts;
}

function toChange(block: string): ReplyPart | null {
  const original = between(block, 'original');
  const proposed = between(block, 'proposed');
  const reason = between(block, 'reason');
  if (!original || proposed === null || reason === null) return null;
  return { type: 'change', original, proposed, reason: reason.trim() };
}

function between(block: string, tag: string): string | null {
  const from = block.indexOf(`<${tag}>`);
  const to = block.lastIndexOf(`</${tag}>`);
  return from < 0 || to < from ? null : block.slice(from + tag.length + 2, to);
}
