import type { ServerFields } from '../domain/agents/chatMessage.js';
import { TurnFailure } from '../domain/log/failures.js';
import { toStorableModel, toStorableWord } from '../domain/text/storable.js';
import { createTextCleaner } from '../domain/text/text.js';
import type { PartStage } from './partStage.js';
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
 * enforces the limits of a reply. Throws `reply_too_large`, and what `spend` throws. `spend` gets the length of each piece,
 * for limits of more than one reply.
 */
export function createReceivedParts(spend: (units: number) => void = () => undefined): PartStage {
  const cleaners = { text: createTextCleaner(), thinking: createTextCleaner() };
  const budget = createBudget();
  const serverJson = createServerJson(spend);

  function takeDelta(part: Delta): ReplyPart[] {
    budget.spend('units', part.text.length);
    spend(part.text.length);
    const text = cleaners[part.channel].push(part.text);
    if (text === part.text) return [part];
    return text === '' ? [] : [{ ...part, text }];
  }

  function takeCall(part: Call): ReplyPart[] {
    budget.spend('calls', 1);
    budget.spend('arguments', part.arguments.length);
    budget.spend('units', part.arguments.length);
    spend(part.arguments.length);
    return [toCall(part, serverJson)];
  }

  const restOf = (channel: Delta['channel']): Delta[] => {
    const text = cleaners[channel].end();
    return text === '' ? [] : [{ type: 'delta', channel, text }];
  };

  return (part) => {
    switch (part.type) {
      case 'delta':
        return takeDelta(part);
      case 'tool_call':
        return takeCall(part);
      case 'response':
        return RESPONSE_ID.test(part.id) ? [part] : [];
      case 'heartbeat':
        return [{ ...part, elapsedSeconds: Math.min(Math.max(part.elapsedSeconds, 0), MAX_SECONDS) }];
      case 'reasoning':
        return serverJson(part.block) ? [part] : [];
      case 'meta':
        return [part];
      case 'text_was_thinking':
        return [...restOf('text'), part];
      case 'finish':
        return [...restOf('thinking'), ...restOf('text'), { ...part, model: toStorableModel(part.model) }];
    }
  };
}

type Delta = Extract<ReplyPart, { type: 'delta' }>;

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
