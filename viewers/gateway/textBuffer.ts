/** Text that grows at its end and is read anywhere. The cost of both is that of the text added or read, not of the whole. */
export type TextBuffer = {
  readonly length: number;
  append(text: string): void;
  /** At most `max` code units from `from` on. Never ends within a surrogate pair. */
  read(from: number, max: number): string;
  all(): string;
};

/** A chunk grows to this many code units before the next one begins. */
const chunkLength = 16_384;

export function createTextBuffer(): TextBuffer {
  const chunks: string[] = [];
  const starts: number[] = [];
  let length = 0;

  function chunkAt(offset: number): number {
    let low = 0;
    let high = chunks.length - 1;
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
      const last = chunks.length - 1;
      if (last >= 0 && chunks[last]!.length < chunkLength) {
        chunks[last] += text;
      } else {
        chunks.push(text);
        starts.push(length);
      }
      length += text.length;
    },
    read(from, max) {
      const to = Math.min(length, from + max);
      let text = '';
      for (let i = chunkAt(from); i < chunks.length && starts[i]! < to; i++) {
        text += chunks[i]!.slice(Math.max(0, from - starts[i]!), to - starts[i]!);
      }
      return to < length && text.length > 1 && isHighSurrogate(text.charCodeAt(text.length - 1))
        ? text.slice(0, -1)
        : text;
    },
    all: () => chunks.join(''),
  };
}

export const isHighSurrogate = (unit: number) => unit >= 0xd800 && unit <= 0xdbff;
