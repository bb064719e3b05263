import type OpenAI from 'openai';
import type { PromptMessage } from '../../domain/narrative/prompt.js';
import type { TokenUsage } from '../../domain/turns/turn.js';
import { withoutKey } from '../errors/errorDetail.js';
import { createProviderClient, responseOf } from '../http/providerClient.js';
import { readWhole } from '../http/readWhole.js';
import { createSilenceClock, type SilenceClock } from '../silenceClock.js';
import { parseCompletion } from './completionAnswer.js';

/** A body longer than this, in bytes, is not read to its end. */
const MAX_BODY = 2 * 1024 * 1024;

type ClassifierRequest = {
  model: string;
  messages: PromptMessage[];
  /** TURN/STEP/ATTEMPT: what the provider's log and ours have in common. */
  requestId: string;
  /** What the answer's schema is called. */
  name: string;
  /** The answer's schema, as OpenAI's strict mode takes it. */
  schema: object;
};

/** What the model wrote, unread: whether it keeps to its schema is for the caller to say. */
type ClassifierAnswer = { content: string; usage: TokenUsage | null };

/**
 * One question, one answer. Throws a `TurnFailure` of the provider's making, or the signal's reason once the
 * signal is aborted. `timeoutMs` is for the whole answer: a provider that is slower than that was silent.
 */
export type ClassifierCalls = {
  ask(request: ClassifierRequest, options: { signal: AbortSignal; timeoutMs: number }): Promise<ClassifierAnswer>;
};

/** Classifiers by the Chat Completions API, not streamed, their answers held to a schema. */
export function createClassifierCalls(options: { baseUrl: string; apiKey: string | undefined }): ClassifierCalls {
  const client = createProviderClient(options);
  return {
    async ask(request, { signal, timeoutMs }) {
      // a clock that is never told of a sign of life counts the whole answer
      const clock = createSilenceClock({ signal, silenceMs: timeoutMs });
      try {
        const response = await send(client, request, clock);
        const body = await readWhole(response, clock, MAX_BODY, 'bad_answer');
        return parseCompletion(body, { ...request, contentType: response.headers.get('content-type') });
      } catch (error) {
        signal.throwIfAborted();
        throw withoutKey(error, options.apiKey?.trim());
      } finally {
        clock.end();
      }
    },
  };
}

async function send(client: OpenAI, request: ClassifierRequest, clock: SilenceClock): Promise<Response> {
  const answer = client.chat.completions.create(
    {
      model: request.model,
      messages: request.messages,
      response_format: {
        type: 'json_schema',
        json_schema: { name: request.name, strict: true, schema: request.schema as Record<string, unknown> },
      },
    },
    { signal: clock.signal, headers: { 'X-Client-Request-Id': request.requestId } },
  );
  return responseOf(answer, clock);
}
