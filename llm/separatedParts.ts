import type { PartStage } from './partStage.js';
import type { ReplyPart } from './port.js';
import { type Begun, createThinkBlocks, type Separated, textWasThinking } from './thinkBlocks.js';

/**
 * Separates a block of thinking in the text of a reply, for servers that pass on what an open model wrote.
 *
 * `kept`: the reply is a response that the provider keeps. Another attempt continues with the text and thinking given so far,
 * after the number of its last delta, so a number is given only where these decide how the rest is separated. In a block that
 * begins the response there is no number: the next attempt reads the response from its start. After a number, what comes
 * without one is held back. So is what may be a tag when the stream breaks, because the next attempt receives it again.
 */
export async function* separatedParts(
  parts: AsyncIterable<ReplyPart>,
  { kept }: { kept?: KeptParts } = {},
): AsyncGenerator<ReplyPart> {
  const separation = createSeparation(kept);
  try {
    for await (const part of parts) yield* separation.take(part);
  } catch (error) {
    if (!kept) yield* separation.rest();
    throw error;
  }
}

/** What earlier attempts have given of a response. `isNumbered`: up to a number. */
export type KeptParts = Begun & { isNumbered: boolean };

const nothing: Begun = { text: '', hasThinking: false };

function createSeparation(kept: KeptParts | undefined): { take: PartStage; rest(): ReplyPart[] } {
  const blocks = createThinkBlocks(kept ?? nothing);
  let hasNumber = kept?.isNumbered ?? false;
  let waiting: ReplyPart[] = [];
  let last: number | undefined;

  function takeDelta({ sequence, ...delta }: Delta): ReplyPart[] {
    last = sequence;
    // Another attempt can't know whether the thinking was in a block.
    if (kept && delta.channel === 'thinking') blocks.sawThinking();
    const given = delta.channel === 'text' ? blocks.take(delta.text).map(toPart) : [delta];
    for (const part of given) append(waiting, part);
    return sequence === undefined || blocks.isSettled() || !hasNumber ? release() : [];
  }

  function release(): ReplyPart[] {
    const released = waiting;
    waiting = [];
    const at = released.findLastIndex(({ type }) => type === 'delta');
    const delta = released[at];
    if (delta?.type !== 'delta' || last === undefined || !blocks.isSettled()) return released;
    hasNumber = true;
    return released.with(at, { ...delta, sequence: last });
  }

  function rest(): ReplyPart[] {
    for (const piece of blocks.end()) append(waiting, toPart(piece));
    return release();
  }

  return {
    rest,
    take(part) {
      switch (part.type) {
        case 'delta':
          return takeDelta(part);
        case 'response':
          return [part];
        case 'text_was_thinking':
        case 'tool_call':
        case 'reasoning':
        case 'meta':
        case 'heartbeat':
        case 'finish':
          return [...rest(), part];
      }
    },
  };
}

type Delta = Extract<ReplyPart, { type: 'delta' }>;

/** Adjacent deltas of a channel become one. */
function append(waiting: ReplyPart[], part: ReplyPart): void {
  const before = waiting.at(-1);
  const joins = before?.type === 'delta' && part.type === 'delta' && before.channel === part.channel;
  if (joins) waiting.splice(-1, 1, { ...before, text: before.text + part.text });
  else waiting.push(part);
}

export const toPart = (piece: Separated): ReplyPart =>
  piece === textWasThinking ? { type: 'text_was_thinking' } : { type: 'delta', ...piece };
