import type { ServerFields } from '../domain/agents/chatMessage.js';
import { TurnFailure } from '../domain/log/failures.js';
import { toStorableModel, toStorableWord } from '../domain/text/storable.js';
import { createTextCleaner } from '../domain/text/text.js';
import type { ReplyPart } from './port.js';
import { MAX_ARGUMENTS, MAX_CALLS, MAX_REPLY_UNITS } from './replyLimits.js';
import { createServerJson } from './serverJson.js';

/** Tool names have at most 64 code units, so a name that is cut here matches no tool. */
const MAX_NAME = 200;
const MAX_ID = 200;
const MAX_SECONDS = 2 ** 31 - 1;

/** The form of response ids. A response with another id can't be resumed. */
const RESPONSE_ID = /^[\w-]{1,200}$/;

/**
 * Filters everything that a model or a relay upstream sends: cleans text so that it can be stored, cuts names and ids, and
 * enforces the limits of a reply. Throws `reply_too_large`, and what `parts` and `spend` throw. `spend` gets the length of
 * each piece, for limits of more than one reply.
 */
export async function* receivedParts(
  parts: AsyncIterable<ReplyPart>,
  spend: (units: number) => void = () => undefined,
): AsyncGenerator<ReplyPart> {
  const cleaners = { text: createTextCleaner(), thinking: createTextCleaner() };
  const budget = createBudget();
  const serverJson = createServerJson(spend);
  for await (const part of parts) {
    switch (part.type) {
      case 'delta': {
        budget.spend('units', part.text.length);
        spend(part.text.length);
        const text = cleaners[part.channel].push(part.text);
        if (text !== '') yield { ...part, text };
        break;
      }
      case 'tool_call': {
        budget.spend('calls', 1);
        budget.spend('arguments', part.arguments.length);
        budget.spend('units', part.arguments.length);
        spend(part.arguments.length);
        yield toCall(part, serverJson);
        break;
      }
      case 'response':
        if (RESPONSE_ID.test(part.id)) yield part;
        break;
      case 'heartbeat':
        yield { ...part, elapsedSeconds: Math.min(Math.max(part.elapsedSeconds, 0), MAX_SECONDS) };
        break;
      case 'reasoning':
        if (serverJson(part.block)) yield part;
        break;
      case 'meta':
        yield part;
        break;
      case 'finish':
        for (const channel of ['thinking', 'text'] as const) {
          const text = cleaners[channel].end();
          if (text !== '') yield { type: 'delta', channel, text };
        }
        return yield { ...part, model: toStorableModel(part.model) };
    }
  }
}

type Call = Extract<ReplyPart, { type: 'tool_call' }>;

/**
 * Arguments are not parsed here: the caller of the tool checks them, and the model reads the result. Some gateways put a
 * signature into the id; a longer one than is stored goes back from the server's fields.
 */
function toCall(
  { id, name, arguments: sent, serverFields: given }: Call,
  serverJson: (fields: ServerFields) => boolean,
): ReplyPart {
  const serverFields = id.length > MAX_ID ? { ...given, id } : given;
  return {
    type: 'tool_call',
    id: toStorableWord(id, MAX_ID),
    name: toStorableWord(name, MAX_NAME),
    arguments: toStorableWord(sent, MAX_ARGUMENTS),
    ...(serverFields && serverJson(serverFields) ? { serverFields } : {}),
  };
}

/** Counts down the limits of a reply. */
function createBudget() {
  const left = { units: MAX_REPLY_UNITS, calls: MAX_CALLS, arguments: MAX_ARGUMENTS };
  return {
    spend(of: keyof typeof left, amount: number): void {
      left[of] -= amount;
      if (left[of] < 0) throw new TurnFailure('reply_too_large');
    },
  };
}
