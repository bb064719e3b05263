/** A source map of version 3, with the fields that Node reads. */
export type SourceMapFile = { version: 3; sources: string[]; mappings: string };

const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const bitsOf = new Map([...digits].map((digit, value) => [digit, value]));

/** Where a column begins that has this source, line and column; without them it has none. */
type Segment = [column: number, source?: number, line?: number, sourceColumn?: number];

/**
 * The map without the places of sources that `isOwn` refuses: what is left is a tenth, and is read with the first stack
 * trace of a process. A place that is left out has no source, rather than the one before it.
 */
export function onlyOwnSources(map: SourceMapFile, isOwn: (source: string) => boolean): SourceMapFile {
  const kept = map.sources.filter(isOwn);
  const newIndex = map.sources.map((source) => kept.indexOf(source));
  const lines = decodeLines(map.mappings).map((line) =>
    line
      .map(([column, source = -1, ...place]): Segment => {
        const own = newIndex[source] ?? -1;
        return own === -1 ? [column] : [column, own, ...place];
      })
      // One segment ends the place before it; more in a row say nothing.
      .filter((segment, index, all) => segment.length > 1 || (all[index - 1]?.length ?? 1) > 1),
  );
  return { version: 3, sources: kept, mappings: encodeLines(lines) };
}

/** In a map each number but the first of a line is the difference to the one before it of its kind. */
function decodeLines(mappings: string): Segment[][] {
  const place = [0, 0, 0];
  return mappings.split(';').map((line) => {
    let column = 0;
    return line.split(',').flatMap((text): Segment[] => {
      const [columns, ...differences] = decode(text);
      if (columns === undefined) return [];
      column += columns;
      if (differences.length === 0) return [[column]];
      for (const [index, value] of place.entries()) place[index] = value + (differences[index] ?? 0);
      return [[column, place[0], place[1], place[2]]];
    });
  });
}

function encodeLines(lines: Segment[][]): string {
  let before = [0, 0, 0];
  return lines
    .map((line) => {
      let columnBefore = 0;
      return line
        .map(([column, ...place]) => {
          const numbers = [column - columnBefore, ...place.map((value = 0, index) => value - (before[index] ?? 0))];
          columnBefore = column;
          if (place.length > 0) before = place.map((value = 0) => value);
          return numbers.map(encode).join('');
        })
        .join(',');
    })
    .join(';');
}

/** Numbers in groups of five bits, the sign in the lowest bit of the first. */
function decode(segment: string): number[] {
  const numbers: number[] = [];
  let [value, shift] = [0, 0];
  for (const digit of segment) {
    const bits = bitsOf.get(digit) ?? 0;
    value |= (bits & 31) << shift;
    shift += 5;
    if (bits & 32) continue;
    numbers.push(value & 1 ? -(value >> 1) : value >> 1);
    [value, shift] = [0, 0];
  }
  return numbers;
}

function encode(number: number): string {
  let [rest, text] = [number < 0 ? (-number << 1) | 1 : number << 1, ''];
  do {
    const bits = rest & 31;
    rest >>>= 5;
    text += digits[rest > 0 ? bits | 32 : bits];
  } while (rest > 0);
  return text;
}
