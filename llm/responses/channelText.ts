import type { Channel } from '../../domain/log/frames.js';
import { type Piece, separate } from '../thinkBlocks.js';

/**
 * A part of the channel's text: one part of an item. Offsets are in UTF-16 code units. `key`: null where events do not name
 * their part. `to`: null while it is the last one. `whole`: its text as the server repeated it at its end.
 */
type Part = { key: string | null; from: number; to: number | null; whole: string | null };

/**
 * The text of one channel of a response, from deltas and from finished parts, without repetitions. `received`: what earlier
 * attempts have of it, without a block of thinking.
 */
export function createChannelText(channel: Channel, received: string) {
  let total = received;
  let last: Part | null = null;
  const known = new Map<string, Part>();

  function add(text: string): Piece[] {
    total += text;
    return text === '' ? [] : [{ channel, text }];
  }

  /** What an earlier attempt received belongs to the first part. */
  function begin(key: string | null): Part {
    const part: Part = { key, from: last ? total.length : 0, to: null, whole: null };
    if (last) last.to = total.length;
    if (key !== null) known.set(key, part);
    last = part;
    return part;
  }

  function partOf(key: string | null, isAnother: (before: Part) => boolean): Part {
    const named = key === null ? undefined : known.get(key);
    if (named) return named;
    if (!last || (last.key !== null && key !== null) || (last.whole !== null && isAnother(last))) return begin(key);
    if (key === null) return last;
    last.key = key;
    known.set(key, last);
    return last;
  }

  /** What a repetition of the known text has beyond it. It has the block of thinking that was separated from the text. */
  function missing(known: string, whole: string): Piece[] {
    if (whole.length <= known.length) return [];
    const said = whole.startsWith(known) ? whole : separate(whole).text;
    return said.startsWith(known) ? add(said.slice(known.length)) : [];
  }

  return {
    isEmpty: () => total === '',
    delta(key: string | null, text: string): Piece[] {
      if (text === '') return [];
      // Without a name, text after a finished part belongs to another one.
      partOf(key, () => true);
      return add(text);
    },
    /** A part is finished: gives what its deltas did not have. */
    finished(key: string | null, text: string): Piece[] {
      if (text === '') return [];
      const part = partOf(key, ({ whole }) => whole !== text);
      part.whole = text;
      return part.to === null ? missing(total.slice(part.from), text) : [];
    },
    /** The whole text of the ended response: gives what is missing at its end. */
    rest: (whole: string): Piece[] => missing(total, whole),
  };
}
