import type { ServerFields } from '../../domain/agents/chatMessage.js';
import { TurnFailure } from '../../domain/log/failures.js';
import type { TokenUsage } from '../../domain/turns/turn.js';
import { begunParts } from '../begunParts.js';
import { withoutKey } from '../errors/errorDetail.js';
import { MAX_WHOLE } from '../http/boundedFetch.js';
import { readEvents } from '../http/eventFrames.js';
import { isDone } from '../http/eventReader.js';
import type { ProviderServer } from '../http/providerFetch.js';
import { readWhole } from '../http/readWhole.js';
import { hasNewImages, withImageData } from '../outgoing/images.js';
import type { ReplyPart, ReplyProvider, ReplyRequest } from '../port.js';
import { createLocalFacts, type LearnedFacts } from '../profiles/learnedFacts.js';
import { separatedParts } from '../separatedParts.js';
import { createSilenceClock, type SilenceClock } from '../silenceClock.js';
import { type Connection, requestMessage } from './adaptedRequest.js';
import { createAnthropicClient } from './anthropicClient.js';
import { parseEvents, parseMessage } from './messageEvents.js';
import { createMessage, type Message } from './messageParts.js';
import { toMessageRequest } from './messageRequest.js';
import { sumUsage } from './messageUsage.js';

type Log = { warn(fields: object, message: string): void };

/** The longest wait for usage, which follows the stop reason, in milliseconds: the reply is complete by then. */
const USAGE_WAIT_MS = 3_000;
/** How often a reply continues after a pause of the provider. */
const MAX_PAUSES = 8;

/**
 * Replies by Anthropic's Messages API, or a server that is compatible with it. `@anthropic-ai/sdk` sends the request. The
 * stream is read here, because the library's reader has no limit, drops `ping`, and drops events without a name.
 */
export function createAnthropic(
  options: ProviderServer & {
    /** What was learnt of the server. Left out: what this process learns. */
    facts?: LearnedFacts;
    log?: Log;
  },
): ReplyProvider {
  const { facts = createLocalFacts(), log } = options;
  const connection: Connection = { client: createAnthropicClient(options), facts, log };
  return {
    async *streamReply(request, { signal, silenceMs, mayLackReason }) {
      const clock = createSilenceClock({ signal, silenceMs });
      try {
        yield* separatedParts(readReply(connection, request, clock, mayLackReason));
      } catch (thrown) {
        signal.throwIfAborted();
        const error = withoutKey(thrown, options.apiKey?.trim());
        if (error instanceof TurnFailure)
          log?.warn({ requestId: request.requestId, code: error.code, fault: error.cause }, 'provider failed');
        throw error;
      } finally {
        clock.end();
      }
    },
  };
}

/** A reply: one message, or several where the provider pauses. */
async function* readReply(
  connection: Connection,
  request: ReplyRequest,
  clock: SilenceClock,
  mayLackReason?: boolean,
): AsyncGenerator<ReplyPart> {
  const continued: ServerFields[] = [];
  const usages: (TokenUsage | null)[] = [];
  const { model } = request;
  let calls = false;
  for (let pauses = 0; ; pauses++) {
    const { requestId } = request;
    const sent = await withImageData(request);
    const toBody = (facts: Parameters<typeof toMessageRequest>[1]) => toMessageRequest(sent, facts, continued);
    const needsImages = hasNewImages(request.messages);
    const read = async (response: Response) => {
      const message = createMessage(model, mayLackReason);
      return { message, parts: await begunParts(readMessage(response, message, clock)) };
    };
    const asked = { model, requestId, toBody, needsImages, read };
    const { message, parts } = await requestMessage(connection, asked, clock);
    yield* parts;
    usages.push(message.usage());
    for (const part of message.attached()) {
      if (part.type === 'tool_call') calls = true;
      yield part;
    }
    if (!message.paused || pauses === MAX_PAUSES) return yield message.ending(sumUsage(usages), calls);
    continued.push(...message.content());
    clock.restart();
  }
}

/**
 * Reads a message to the end of its body, so that the connection can be used again: the body ends with `message_stop`, and
 * after the stop reason the wait is short. Gives its deltas.
 */
async function* readMessage(response: Response, message: Message, clock: SilenceClock): AsyncGenerator<ReplyPart> {
  const requestId = response.headers.get('request-id');
  if (/json/i.test(response.headers.get('content-type') ?? '')) {
    const body = await readWhole(response, clock, MAX_WHOLE);
    return yield* message.takeWhole(parseMessage(body, requestId));
  }
  try {
    const graceMs = () => (message.finished ? USAGE_WAIT_MS : undefined);
    for await (const event of readEvents(response, clock, graceMs)) {
      if (isDone(event.data)) break;
      for (const part of parseEvents(event, requestId).flatMap(message.take)) {
        yield part;
        clock.signal.throwIfAborted();
      }
    }
  } catch (error) {
    // After the stop reason the message is complete; only its usage may be missing.
    if (clock.stopped || !message.finished || !(error instanceof TurnFailure)) throw error;
  }
}
