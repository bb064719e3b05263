import type Anthropic from '@anthropic-ai/sdk';
import { TurnFailure } from '../../domain/log/failures.js';
import type { ClassifierCalls } from '../chatCompletions/classifierCalls.js';
import { withoutKey } from '../errors/errorDetail.js';
import type { ProviderServer } from '../http/providerFetch.js';
import { readWhole } from '../http/readWhole.js';
import { createLocalFacts, type LearnedFacts } from '../profiles/learnedFacts.js';
import { createSilenceClock } from '../silenceClock.js';
import { type Connection, requestMessage } from './adaptedRequest.js';
import { createAnthropicClient } from './anthropicClient.js';
import { toConversation } from './conversation.js';
import { parseMessage } from './messageEvents.js';
import { createMessage } from './messageParts.js';
import { defaultMaxTokens } from './messageRequest.js';
import type { ModelFacts } from './modelFacts.js';

/** The largest body that is read, in bytes. */
const MAX_BODY = 2 * 1024 * 1024;
/** The most tokens of an answer. */
const MAX_ANSWER = 8_192;

type Question = Parameters<ClassifierCalls['ask']>[0];

/** Classifier calls by the Messages API, not streamed: the model has to call one tool, whose arguments are the answer. */
export function createToolAnswers(options: ProviderServer & { facts?: LearnedFacts }): ClassifierCalls {
  const { facts = createLocalFacts() } = options;
  const connection: Connection = { client: createAnthropicClient(options), facts };
  return {
    async ask(question, { signal, timeoutMs }) {
      const { model, requestId } = question;
      // The clock limits the time of the whole answer.
      const clock = createSilenceClock({ signal, silenceMs: timeoutMs });
      try {
        const toBody = (facts: ModelFacts) => toBodyOf(question, facts);
        const read = async (response: Response) => {
          const body = await readWhole(response, clock, MAX_BODY, 'bad_answer');
          return readAnswer(body, model, response.headers.get('request-id'));
        };
        return await requestMessage(connection, { model, requestId, toBody, read }, clock);
      } catch (error) {
        signal.throwIfAborted();
        throw withoutKey(error, options.apiKey?.trim());
      } finally {
        clock.end();
      }
    },
  };
}

function toBodyOf({ model, messages, name, schema }: Question, facts: ModelFacts): Anthropic.MessageCreateParams {
  const { system, messages: said } = toConversation(messages);
  const description = 'Records the answer. It has to be called exactly once.';
  return {
    model,
    max_tokens: Math.min(defaultMaxTokens(model), MAX_ANSWER, facts.maxTokens ?? Infinity),
    ...(system.length > 0 ? { system } : {}),
    messages: said,
    tools: [{ name, description, input_schema: { ...schema, type: 'object' } }],
    tool_choice:
      facts.toolChoice === 'auto' ? { type: 'auto' } : { type: 'tool', name, disable_parallel_tool_use: true },
  };
}

/** The arguments of the call; the text where the model answered without one. */
function readAnswer(body: string, model: string, requestId: string | null) {
  const message = createMessage(model);
  const text = message
    .takeWhole(parseMessage(body, requestId))
    .flatMap((part) => (part.type === 'delta' && part.channel === 'text' ? [part.text] : []))
    .join('');
  const usage = message.usage();
  const call = message.attached().find((part) => part.type === 'tool_call');
  const ending = message.ending(usage, call !== undefined);
  if (ending.type === 'finish' && ending.reason === 'content_filter')
    throw new TurnFailure('content_filter', { usage });
  const content = call?.arguments ?? text;
  if (content.trim() === '') throw new TurnFailure('empty_reply', { usage });
  return { content, usage };
}
