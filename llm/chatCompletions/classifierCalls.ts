import type OpenAI from 'openai';
import type { PromptMessage } from '../../domain/narrative/prompt.js';
import type { ProviderFact } from '../../domain/providers/providerFact.js';
import type { TokenUsage } from '../../domain/turns/turn.js';
import { withoutKey } from '../errors/errorDetail.js';
import { createProviderClient } from '../http/providerClient.js';
import { readWhole } from '../http/readWhole.js';
import { sendAdapted } from '../profiles/adaptiveRequest.js';
import { createLocalFacts, type LearnedFacts } from '../profiles/learnedFacts.js';
import { type ChosenProfile, profileOf } from '../profiles/profiles.js';
import { withFact } from '../profiles/requestRules.js';
import { createSilenceClock, type SilenceClock } from '../silenceClock.js';
import type { KnownServer } from './chatCompletions.js';
import { parseCompletion } from './completionAnswer.js';
import { toClassifierBody } from './completionRequest.js';

/** The largest body that is read, in bytes. */
const MAX_BODY = 2 * 1024 * 1024;

type ClassifierRequest = {
  model: string;
  messages: PromptMessage[];
  /** TURN/STEP/ATTEMPT: the id of the request in the logs of both the provider and the service. */
  requestId: string;
  /** The name of the answer's schema. */
  name: string;
  /** The answer's schema, in the form of OpenAI's strict mode. */
  schema: object;
};

/** The model's text. The caller checks it against the schema. */
type ClassifierAnswer = { content: string; usage: TokenUsage | null };

/**
 * Sends one request and reads one answer. Throws a `TurnFailure`, or the signal's reason when that is aborted. `timeoutMs`
 * limits the whole answer; a slower provider fails with `provider_silent`.
 */
export type ClassifierCalls = {
  ask(request: ClassifierRequest, options: { signal: AbortSignal; timeoutMs: number }): Promise<ClassifierAnswer>;
  /**
   * Reports that an answer of the model did not keep to its schema: the server may ignore schemas. The next questions have
   * the schema in the prompt too. Resolves when they have, and never rejects.
   */
  answerWasUnusable?(model: string): Promise<void>;
};

const schemaInPrompt: ProviderFact = { kind: 'answers', level: 'json_schema_in_prompt' };

type Log = { warn(fields: object, message: string): void };
type Server = { profile: ChosenProfile; facts: LearnedFacts; log: Log | undefined };

/** Classifier calls by the Chat Completions API, not streamed, with a schema for the answer. */
export function createClassifierCalls(
  options: { baseUrl: string; apiKey: string | undefined; log?: Log } & KnownServer,
): ClassifierCalls {
  const client = createProviderClient(options);
  const { profile = profileOf('auto', options.baseUrl), facts = createLocalFacts(), log } = options;
  return {
    async answerWasUnusable(model) {
      const { answers } = (await facts.read(model)).reduce(withFact, profile.rules);
      if (answers === 'json_schema') facts.learned(model, [{ fact: schemaInPrompt, keep: 'day' }]);
    },
    async ask(request, { signal, timeoutMs }) {
      // The clock is never restarted, so it limits the time of the whole answer.
      const clock = createSilenceClock({ signal, silenceMs: timeoutMs });
      try {
        return await send(client, request, clock, { profile, facts, log });
      } catch (error) {
        signal.throwIfAborted();
        throw withoutKey(error, options.apiKey?.trim());
      } finally {
        clock.end();
      }
    },
  };
}

/** Asks in a form that the server takes. The clock goes on over refusals. */
function send(
  client: OpenAI,
  request: ClassifierRequest,
  clock: SilenceClock,
  { profile, facts, log }: Server,
): Promise<ClassifierAnswer> {
  return sendAdapted({
    model: request.model,
    requestId: request.requestId,
    rules: profile.rules,
    facts,
    log,
    build: (rules) => toClassifierBody(request, rules),
    send(body) {
      const headers = { 'X-Client-Request-Id': request.requestId };
      const asked = client.chat.completions.create(body as unknown as Params, { signal: clock.signal, headers });
      return clock.waitFor(asked.asResponse());
    },
    async read(response) {
      const answer = await readWhole(response, clock, MAX_BODY, 'bad_answer');
      return parseCompletion(answer, { ...request, contentType: response.headers.get('content-type') });
    },
  });
}

type Params = OpenAI.ChatCompletionCreateParamsNonStreaming;
