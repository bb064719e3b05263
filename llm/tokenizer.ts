import { countTokens as count } from 'gpt-tokenizer/encoding/o200k_base';

/** The longest piece for the tokenizer, in code units: it is quadratic on long words and would block heartbeats. */
const PIECE = 1_000;

/** Special tokens in a text are counted as plain text. */
const plain = { disallowedSpecial: new Set<string>() };

/**
 * The number of tokens of a text in the encoding o200k. A long text is counted in pieces, which may give a few more than
 * it has. The import takes 0.3 s once, before the worker takes tasks.
 */
export function countTokens(text: string): number {
  let tokens = 0;
  for (let from = 0; from < text.length; ) {
    const to = pieceEnd(text, from);
    tokens += count(text.slice(from, to), plain);
    from = to;
  }
  return tokens;
}

/** The end of a piece: at the last space that fits, else in the middle of a word. */
function pieceEnd(text: string, from: number): number {
  const furthest = from + PIECE;
  if (furthest >= text.length) return text.length;
  const space = text.lastIndexOf(' ', furthest);
  return space > from + PIECE / 2 ? space : furthest;
}
