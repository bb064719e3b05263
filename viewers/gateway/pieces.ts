/** Text that only grows at its end, and is read anywhere: adding and reading cost what is added or read, however long it is. */
export type Pieces = {
  readonly length: number;
  append(text: string): void;
  /** At most `max` code units from `from` on; never ends within a surrogate pair. */
  read(from: number, max: number): string;
  all(): string;
};

/** Pieces grow up to this length before the next is begun. */
const pieceLength = 16_384;

export function createPieces(): Pieces {
  const pieces: string[] = [];
  const starts: number[] = [];
  let length = 0;

  function pieceAt(offset: number): number {
    let low = 0;
    let high = pieces.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  return {
    get length() {
      return length;
    },
    append(text) {
      const last = pieces.length - 1;
      if (last >= 0 && pieces[last]!.length < pieceLength) {
        pieces[last] += text;
      } else {
        pieces.push(text);
        starts.push(length);
      }
      length += text.length;
    },
    read(from, max) {
      const to = Math.min(length, from + max);
      let text = '';
      for (let i = pieceAt(from); i < pieces.length && starts[i]! < to; i++) {
        text += pieces[i]!.slice(Math.max(0, from - starts[i]!), to - starts[i]!);
      }
      return to < length && text.length > 1 && isHighSurrogate(text.charCodeAt(text.length - 1))
        ? text.slice(0, -1)
        : text;
    },
    all: () => pieces.join(''),
  };
}

export const isHighSurrogate = (unit: number) => unit >= 0xd800 && unit <= 0xdbff;
