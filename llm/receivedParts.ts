import { TurnFailure } from '../domain/log/failures.js';
import { keepableModel, keepableWord } from '../domain/text/storable.js';
import { createTextCleaner } from '../domain/text/text.js';
import type { ReplyPart } from './port.js';
import { MAX_ARGUMENTS, MAX_CALLS, MAX_REPLY_UNITS } from './replyLimits.js';

/** The longest names of tools have 64 code units: one that is cut here is none of them. */
const MAX_NAME = 200;
const MAX_ID = 200;
const MAX_SECONDS = 2 ** 31 - 1;

/** Ids of responses as providers make them; one of another form can't be gone on with. */
const RESPONSE_ID = /^[\w-]{1,200}$/;

/**
 * The one door for what a model or another chat service says: text that can be stored, names and ids that are
 * bounded, and no more of anything than a reply may hold. Throws `reply_too_large` beyond that; passes on what
 * `parts` and `spend` throw. `spend` is told of each piece's length, for limits beyond those of one reply.
 */
export async function* receivedParts(
  parts: AsyncIterable<ReplyPart>,
  spend: (units: number) => void = () => undefined,
): AsyncGenerator<ReplyPart> {
  const cleaners = { text: createTextCleaner(), thinking: createTextCleaner() };
  const room = createRoom();
  for await (const part of parts) {
    switch (part.type) {
      case 'delta': {
        room.take('units', part.text.length);
        spend(part.text.length);
        const text = cleaners[part.channel].push(part.text);
        if (text !== '') yield { ...part, text };
        break;
      }
      case 'tool_call': {
        room.take('calls', 1);
        room.take('arguments', part.arguments.length);
        room.take('units', part.arguments.length);
        spend(part.arguments.length);
        yield toCall(part);
        break;
      }
      case 'response':
        if (RESPONSE_ID.test(part.id)) yield part;
        break;
      case 'heartbeat':
        yield { ...part, elapsedSeconds: Math.min(Math.max(part.elapsedSeconds, 0), MAX_SECONDS) };
        break;
      case 'meta':
        yield part;
        break;
      case 'finish':
        for (const channel of ['thinking', 'text'] as const) {
          const text = cleaners[channel].end();
          if (text !== '') yield { type: 'delta', channel, text };
        }
        return yield { ...part, model: keepableModel(part.model) };
    }
  }
}

/** Arguments are kept as they came: whether they can be used is for who makes the call to say, and the model reads it. */
const toCall = ({ id, name, arguments: sent }: Extract<ReplyPart, { type: 'tool_call' }>): ReplyPart => ({
  type: 'tool_call',
  id: keepableWord(id, MAX_ID),
  name: keepableWord(name, MAX_NAME),
  arguments: keepableWord(sent, MAX_ARGUMENTS),
});

/** How much of each a reply may still hold. */
function createRoom() {
  const left = { units: MAX_REPLY_UNITS, calls: MAX_CALLS, arguments: MAX_ARGUMENTS };
  return {
    take(of: keyof typeof left, amount: number): void {
      left[of] -= amount;
      if (left[of] < 0) throw new TurnFailure('reply_too_large');
    },
  };
}
