import type { ClassifierCall, TurnContext } from '../../domain/classifiers/classifier.js';
import { classifiers, parseAnswer, toJsonSchema } from '../../domain/classifiers/index.js';
import { TurnFailure } from '../../domain/log/failures.js';
import type { PromptLimits } from '../../domain/narrative/prompt.js';
import type { TokenUsage } from '../../domain/turns/turn.js';
import { approximateTokens, estimatedUsage } from '../../domain/turns/usage.js';
import type { ClassifierCalls } from '../../llm/chatCompletions/classifierCalls.js';
import type { RetryRule } from '../failure.js';
import type { CallEnd, Telemetry } from '../telemetry.js';

export type ClassifierAsk = {
  classifierCalls: ClassifierCalls;
  classifierModel: string;
  /** Longest wait for an answer, in milliseconds. */
  silenceMs: number;
  classifierRetry: RetryRule;
  prompt: PromptLimits;
  telemetry: Pick<Telemetry, 'calls'>;
};

/** A question for one attempt at a step. `turnId` is null for a scene that was closed by hand. */
export type Question = {
  context: TurnContext;
  call: ClassifierCall;
  turnId: string | null;
  step: string;
  attempt: number;
};

/** A valid answer and its cost. */
export type Answered = { answer: unknown; usage: TokenUsage };

/** An estimate of a question's length in tokens. */
export const promptTokensOf = (
  { prompt }: Pick<ClassifierAsk, 'prompt'>,
  { context, call }: Pick<Question, 'context' | 'call'>,
): number => approximateTokens(classifiers[call.name].messages(context, call, prompt).map(({ content }) => content));

/** Asks a classifier once. Throws a `TurnFailure`, `bad_answer` where the answer breaks its schema. */
export async function askClassifier(deps: ClassifierAsk, question: Question, signal: AbortSignal): Promise<Answered> {
  const { call, context, ...attempt } = question;
  const watch = deps.telemetry.calls({
    ...attempt,
    purpose: 'classifier',
    classifier: call.name,
    model: deps.classifierModel,
    chatId: context.chatId,
  });
  try {
    const { answer, said, usage } = await ask(deps, question, signal);
    watch.ended({ outcome: 'done', usage: said });
    return { answer, usage };
  } catch (error) {
    watch.ended(endOf(error, signal));
    throw error;
  }
}

function endOf(error: unknown, signal: AbortSignal): CallEnd {
  if (signal.aborted) return { outcome: 'stopped' };
  return { outcome: 'failed', code: error instanceof TurnFailure ? error.code : 'internal', cause: error };
}

async function ask(deps: ClassifierAsk, { context, call, ...asked }: Question, signal: AbortSignal) {
  const classifier = classifiers[call.name];
  const messages = classifier.messages(context, call, deps.prompt);
  const { content, usage: said } = await deps.classifierCalls.ask(
    {
      model: deps.classifierModel,
      messages,
      requestId: `${asked.turnId ?? context.chatId}/${asked.step}/${asked.attempt}`,
      name: classifier.name,
      schema: toJsonSchema(classifier.answer(context, call)),
    },
    { signal, timeoutMs: deps.silenceMs },
  );
  const prompt = approximateTokens(messages.map((message) => message.content));
  const usage = said ?? estimatedUsage(deps.classifierModel, { prompt, completion: approximateTokens([content]) });
  const parsed = parseAnswer(classifier, context, call, content);
  if (!parsed.ok) {
    await deps.classifierCalls.answerWasUnusable?.(deps.classifierModel);
    throw new TurnFailure('bad_answer', { usage });
  }
  return { answer: parsed.answer, said, usage };
}
