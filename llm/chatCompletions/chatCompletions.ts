import type OpenAI from 'openai';
import { type FailureCode, TurnFailure } from '../../domain/log/failures.js';
import { begunParts } from '../begunParts.js';
import { withoutKey } from '../errors/errorDetail.js';
import { createProviderClient, type ProviderServer } from '../http/providerClient.js';
import { hasNewImages, withImageData } from '../outgoing/images.js';
import type { ReplyPart, ReplyProvider, ReplyRequest } from '../port.js';
import { sendAdapted } from '../profiles/adaptiveRequest.js';
import { createLocalFacts, type LearnedFacts } from '../profiles/learnedFacts.js';
import { type ChosenProfile, profileOf } from '../profiles/profiles.js';
import { createSilenceClock, type SilenceClock } from '../silenceClock.js';
import { createCompletion } from './completionParts.js';
import { toReplyBody } from './completionRequest.js';
import { readCompletion } from './readCompletion.js';

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

/** What is known of the server. Left out: by the host of its base URL, and what this process learns. */
export type KnownServer = { profile?: ChosenProfile | undefined; facts?: LearnedFacts | undefined };

type Server = { profile: ChosenProfile; facts: LearnedFacts; dialect: object | null; log: Log | undefined };

/**
 * Replies by the Chat Completions API of OpenAI and compatible servers. `openai` sends the request. The stream is read
 * here, because the reader of `openai` scans its buffer again at each piece of a large frame, and waits for the end of
 * the connection after `[DONE]`.
 */
export function createChatCompletions(
  options: ProviderServer &
    KnownServer & {
      /** How the server continues a partial message; left out: as its profile says. */
      continuation?: Continuation | null | undefined;
      log?: Log;
    },
): ReplyProvider {
  const client = createProviderClient(options);
  const { profile = profileOf('auto', options.baseUrl), facts = createLocalFacts(), log } = options;
  const continuation = options.continuation ?? profile.continuation;
  const dialect = continuation ? dialects[continuation] : null;
  const server = { dialect, profile, facts, log };
  return {
    continues: dialect !== null,
    async *streamReply(request, { signal, silenceMs, mayLackReason }) {
      const clock = createSilenceClock({ signal, silenceMs });
      try {
        yield* await openStream(client, { ...request, mayLackReason }, clock, server);
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

type Asked = ReplyRequest & { mayLackReason: boolean | undefined };

/** The parts of the answer to a request in a form that the server takes. */
async function openStream(
  client: OpenAI,
  { mayLackReason, ...given }: Asked,
  clock: SilenceClock,
  { dialect, profile, facts, log }: Server,
): Promise<AsyncGenerator<ReplyPart>> {
  const request = await withImageData(given);
  const { model, requestId } = request;
  const warn = (message: string) => log?.warn({ requestId }, message);
  return sendAdapted({
    model,
    requestId,
    rules: profile.rules,
    hasNewImages: hasNewImages(request.messages),
    facts,
    log,
    build: (rules) => toReplyBody(request, rules, dialect ?? {}),
    // A refusal of the partial message at the end says nothing about the messages of other requests.
    mayLearn: (fact) => request.continueFrom === undefined || fact.kind !== 'messages',
    async send(body) {
      const headers = { 'X-Client-Request-Id': requestId };
      const asked = client.chat.completions.create(body as unknown as Params, { signal: clock.signal, headers });
      return clock.waitFor(asked.asResponse()).finally(clock.restart);
    },
    read: (response) => begunParts(readCompletion(response, createCompletion({ model, mayLackReason, warn }), clock)),
  });
}

type Params = OpenAI.ChatCompletionCreateParamsStreaming;
