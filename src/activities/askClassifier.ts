import type { ClassifierCall, TurnContext } from '../domain/classifiers/classifier.js';
import { classifiers, parseAnswer, toJsonSchema } from '../domain/classifiers/index.js';
import { TurnFailure } from '../domain/failures.js';
import type { ClassifierCalls } from '../llm/classifierCalls.js';
import type { RetryRule } from './failure.js';

export type ClassifierAsk = {
  classifierCalls: ClassifierCalls;
  classifierModel: string;
  /** Longest wait for an answer, in milliseconds. */
  silenceMs: number;
  classifierRetry: RetryRule;
};

/** Asks a classifier once. Throws a `TurnFailure`, `bad_answer` where the answer breaks its schema. */
export async function askClassifier(
  deps: ClassifierAsk,
  { context, call, requestId }: { context: TurnContext; call: ClassifierCall; requestId: string },
  signal: AbortSignal,
): Promise<unknown> {
  const classifier = classifiers[call.name];
  const { content } = await deps.classifierCalls.ask(
    {
      model: deps.classifierModel,
      messages: classifier.messages(context, call),
      requestId,
      name: classifier.name,
      schema: toJsonSchema(classifier.answer(context, call)),
    },
    { signal, timeoutMs: deps.silenceMs },
  );
  const parsed = parseAnswer(classifier, context, call, content);
  if (!parsed.ok) throw new TurnFailure('bad_answer');
  return parsed.answer;
}
