import type { Channel } from '../../domain/log/frames.js';
import type { Piece } from '../thinkBlocks.js';

/**
 * A part of the channel's text: one part of an item. Offsets are in UTF-16 code units. `key`: null where events do not name
 * their part. `to`: null while it is the last one. `whole`: its text as the server repeated it at its end.
 */
type Part = { key: string | null; from: number; to: number | null; whole: string | null };

/** The text of one channel of a response, from deltas and from finished parts, without repetitions. */
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
      const length = total.length - part.from;
      if (part.to !== null || text.length <= length || !text.startsWith(total.slice(part.from))) return [];
      return add(text.slice(length));
    },
    /** The whole text of the ended response: gives what is missing at its end. */
    rest: (whole: string): Piece[] =>
      whole.length > total.length && whole.startsWith(total) ? add(whole.slice(total.length)) : [],
  };
}
