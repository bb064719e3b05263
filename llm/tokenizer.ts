import { countTokens as count } from 'gpt-tokenizer/encoding/o200k_base';

/** The tokenizer is quadratic on unbroken runs, and would block heartbeats: it is never given more at once. */
const PIECE = 1_000;

/** Text that looks like a special token is text. */
const plain = { disallowedSpecial: new Set<string>() };

/**
 * Tokens of a text, in the encoding of the models since GPT-4o. A long text is counted in pieces, which may
 * give a few more than it has. Importing this takes 0.3 s, once: the worker does so before it takes work.
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

/** After the last space that fits, so that words stay whole; in the middle of a word if it has to be. */
function pieceEnd(text: string, from: number): number {
  const furthest = from + PIECE;
  if (furthest >= text.length) return text.length;
  const space = text.lastIndexOf(' ', furthest);
  return space > from + PIECE / 2 ? space : furthest;
}
