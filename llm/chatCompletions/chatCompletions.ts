import type OpenAI from 'openai';
import { type FailureCode, TurnFailure } from '../../domain/log/failures.js';
import { withoutKey } from '../errors/errorDetail.js';
import { createProviderClient, type ProviderServer, responseOf } from '../http/providerClient.js';
import { toChatMessages, toChatTool } from '../outgoing/chatMessages.js';
import type { SendableRules } from '../outgoing/toSendable.js';
import type { ReplyProvider, ReplyRequest } from '../port.js';
import { createSilenceClock, type SilenceClock } from '../silenceClock.js';
import { type OptionNames, optionFields } from '../turnOptionFields.js';
import { createCompletion } from './completionParts.js';
import { readCompletion } from './readCompletion.js';

const optionNames: OptionNames = { temperature: 'temperature', maxTokens: 'max_tokens' };

/** The servers that can continue a partial assistant message, each with its own parameters. */
export type Continuation = 'vllm' | 'openrouter';

export const isContinuation = (word: string | null): word is Continuation =>
  word !== null && Object.hasOwn(dialects, word);

/** The parameters beside the partial message, which is the last one. Without them vLLM begins a new message. */
const dialects: Record<Continuation, object> = {
  vllm: { continue_final_message: true, add_generation_prompt: false },
  openrouter: {},
};

/** Codes of a server that answered the same request before, without the partial message. */
const refusals: ReadonlySet<FailureCode> = new Set(['provider_refused', 'model_not_found', 'context_too_long']);

const refusesContinuation = (error: unknown): error is TurnFailure =>
  error instanceof TurnFailure && refusals.has(error.code);

/** The next attempt starts over. */
const cannotContinue = ({ code, detail, spent }: TurnFailure): TurnFailure =>
  new TurnFailure('response_gone', { spent, cause: { failure: code, detail } });

type Log = { warn(fields: object, message: string): void };

/**
 * Replies by the Chat Completions API of OpenAI and compatible servers. `openai` sends the request. The stream is read
 * here, because the reader of `openai` scans its buffer again at each piece of a large frame, and waits for the end of
 * the connection after `[DONE]`.
 */
export function createChatCompletions(
  options: ProviderServer & {
    /** How the server continues a partial message; left out: it can't. */
    continuation?: Continuation | null | undefined;
    /** What the server requires of messages. */
    rules?: SendableRules;
    log?: Log;
  },
): ReplyProvider {
  const client = createProviderClient(options);
  const dialect = options.continuation ? dialects[options.continuation] : null;
  return {
    continues: dialect !== null,
    async *streamReply(request, { signal, silenceMs, mayLackReason }) {
      const clock = createSilenceClock({ signal, silenceMs });
      try {
        const response = await openStream(client, request, clock, { dialect: dialect ?? {}, rules: options.rules });
        const { model, requestId } = request;
        const warn = (message: string) => options.log?.warn({ requestId }, message);
        yield* readCompletion(response, createCompletion({ model, mayLackReason, warn }), clock);
      } catch (thrown) {
        signal.throwIfAborted();
        const error = withoutKey(thrown, options.apiKey?.trim());
        if (error instanceof TurnFailure) {
          options.log?.warn({ requestId: request.requestId, code: error.code, fault: error.cause }, 'provider failed');
        }
        throw request.continueFrom !== undefined && refusesContinuation(error) ? cannotContinue(error) : error;
      } finally {
        clock.end();
      }
    },
  };
}

async function openStream(
  client: OpenAI,
  request: ReplyRequest,
  clock: SilenceClock,
  { dialect, rules }: { dialect: object; rules: SendableRules | undefined },
): Promise<Response> {
  const { continueFrom } = request;
  const answer = client.chat.completions.create(
    {
      model: request.model,
      messages: [
        ...toChatMessages(request.messages, { rules, tools: request.tools }),
        ...(continueFrom === undefined ? [] : [{ role: 'assistant' as const, content: continueFrom }]),
      ],
      ...(continueFrom === undefined ? {} : dialect),
      ...(request.tools?.length ? { tools: request.tools.map(toChatTool) } : {}),
      stream: true,
      stream_options: { include_usage: true },
      ...(request.thinking ? { reasoning_effort: 'medium' as const } : {}),
      ...optionFields(request, optionNames),
    },
    { signal: clock.signal, headers: { 'X-Client-Request-Id': request.requestId } },
  );
  return responseOf(answer, clock);
}
