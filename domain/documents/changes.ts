import type { Edit, Span } from './span.js';

/** How many changes one reply may propose. Further blocks are plain text. */
export const MAX_CHANGES_OF_REPLY = 200;
/** How many pending changes a document may have. At the limit no further change is proposed. */
export const MAX_PENDING_CHANGES = 500;

/**
 * Replaces a place by the proposed text, as literal text with the line ends of its place. The rest of the body stays
 * byte for byte. `edit` says what was replaced.
 */
export function applyChange(body: string, { start, end }: Span, proposed: string): { body: string; edit: Edit } {
  const written = withLineEnds(proposed, lineEndAt(body, { start, end }));
  return {
    body: body.slice(0, start) + written + body.slice(end),
    edit: { start, end, length: written.length },
  };
}

const LINE_END = /\r\n|\r|\n/g;

/** The first line end of a part, else the next one after it, else the last one before it. Null where there is none. */
function lineEndAt(body: string, { start }: Span): string | null {
  LINE_END.lastIndex = start;
  const next = LINE_END.exec(body)?.[0];
  if (next) return next;
  const last = Math.max(body.lastIndexOf('\n', start), body.lastIndexOf('\r', start));
  if (last < 0) return null;
  return body[last - 1] === '\r' && body[last] === '\n' ? '\r\n' : body[last]!;
}

const withLineEnds = (text: string, lineEnd: string | null): string =>
  lineEnd === null ? text : text.replace(LINE_END, () => lineEnd);
