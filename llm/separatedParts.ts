import type { ReplyPart } from './port.js';
import { createThinkBlocks, type Separated, textWasThinking } from './thinkBlocks.js';

/** Separates a block of thinking in the text of a reply, for servers that pass on what an open model wrote. */
export async function* separatedParts(parts: AsyncIterable<ReplyPart>): AsyncGenerator<ReplyPart> {
  const blocks = createThinkBlocks();
  try {
    for await (const part of parts) {
      if (part.type === 'delta' && part.channel === 'text') yield* blocks.take(part.text).map(toPart);
      else {
        if (part.type !== 'delta') yield* blocks.end().map(toPart);
        yield part;
      }
    }
  } catch (error) {
    yield* blocks.end().map(toPart);
    throw error;
  }
}

export const toPart = (piece: Separated): ReplyPart =>
  piece === textWasThinking ? { type: 'text_was_thinking' } : { type: 'delta', ...piece };
