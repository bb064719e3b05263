import { fieldsOf } from '../looseJson.js';
import type { Piece } from '../thinkBlocks.js';
import { joined } from './messagePieces.js';

/**
 * Takes what is new from a `message`, which may hold a piece of the reply, all of it so far, or the whole reply once more
 * beside its deltas.
 */
export function createSnapshots() {
  const received = { text: '', thinking: '' };
  let hasDeltas = false;
  let hasCallDeltas = false;

  function newText(channel: Piece['channel'], pieces: Piece[], isLast: boolean): Piece[] {
    const sent = joined(pieces, channel);
    const before = received[channel];
    const repeats = sent.length >= before.length && sent.startsWith(before);
    const isPiece = before !== '' && !hasDeltas && !isLast && (!repeats || sent === before);
    const text = isPiece ? sent : repeats ? sent.slice(before.length) : '';
    received[channel] += text;
    return text === '' ? [] : [{ channel, text }];
  }

  return {
    /** Counts the pieces of a delta, and gives them. */
    delta(pieces: Piece[]): Piece[] {
      for (const { channel, text } of pieces) received[channel] += text;
      if (pieces.length > 0) hasDeltas = true;
      return pieces;
    },
    /** `isLast`: the message comes with the end of the reply. */
    message: (pieces: Piece[], { isLast }: { isLast: boolean }): Piece[] =>
      pieces.length === 0 ? [] : [...newText('thinking', pieces, isLast), ...newText('text', pieces, isLast)],
    deltaOfCall(): void {
      hasCallDeltas = true;
    },
    /** The calls of a message; none where the reply's calls come in deltas. */
    newCalls: (calls: readonly unknown[]): readonly unknown[] => (hasCallDeltas ? [] : calls.map(fieldsOf)),
  };
}
