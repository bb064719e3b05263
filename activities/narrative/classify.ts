import { Context } from '@temporalio/activity';
import type { Pool } from '../../db/core/pool.js';
import { applyStep } from '../../db/narrative/applyAnswer.js';
import { readTurnContext } from '../../db/narrative/turnContext.js';
import { settleFailedCall } from '../../db/streaming/modelCalls.js';
import { beginStep, failStep, giveUpStep } from '../../db/turns/steps.js';
import type { ClassifierCall, TurnContext, Verdict } from '../../domain/classifiers/classifier.js';
import { classifiers } from '../../domain/classifiers/index.js';
import { TurnFailure } from '../../domain/log/failures.js';
import type { TokenUsage } from '../../domain/turns/turn.js';
import { failureOfAttempt, toApplicationFailure } from '../failure.js';
import { withHeartbeats } from '../heartbeats.js';
import { retryWhileDatabaseAway } from '../retryWhileDatabaseAway.js';
import { type Answered, askClassifier, type ClassifierAsk, promptTokensOf } from './askClassifier.js';

export type ClassifyInput = {
  turnId: string;
  /** The step's name, under which its effect happens once. */
  step: string;
  call: ClassifierCall;
  /** The round of attempts that an operator began; 0 is the first. */
  round: number;
};

export type ClassifyDeps = ClassifierAsk & { pool: Pool };

/** Asks a classifier, validates its answer, and appends its events with their projections in one transaction. */
export function createClassify(deps: ClassifyDeps) {
  return (input: ClassifyInput): Promise<Verdict> =>
    withHeartbeats(() => classify(deps, input, Context.current().cancellationSignal));
}

async function classify(deps: ClassifyDeps, input: ClassifyInput, signal: AbortSignal): Promise<Verdict> {
  const { turnId, step, call } = input;
  const key = { turnId, name: step };
  const context = await retryWhileDatabaseAway(() => readTurnContext(deps.pool, turnId, call.sceneId), signal);
  // The call is recorded with the attempt, before it is made.
  const asks = context && { model: deps.classifierModel, promptTokens: promptTokensOf(deps, { context, call }) };
  const begun = await retryWhileDatabaseAway(() => beginStep(deps.pool, key, input.round, asks), signal);
  if (begun.done) return begun.verdict as Verdict;
  if (begun.skipped)
    throw toApplicationFailure(new TurnFailure('internal'), deps.classifierRetry.attempts, deps.classifierRetry);
  if (!context) throw toApplicationFailure(new TurnFailure('turn_gone'), null, deps.classifierRetry);
  const { attempt } = begun;
  let answered: Answered | null = null;
  try {
    answered = await askClassifier(deps, { context, call, turnId, step, attempt }, signal);
    return await apply(deps, input, context, answered.answer, { attempt, usage: answered.usage });
  } catch (error) {
    const failure = signal.aborted ? null : failureOfAttempt(error, answered?.usage);
    if (!failure) throw error;
    if (failure.code === 'turn_gone') throw toApplicationFailure(failure, null, deps.classifierRetry);
    await retryWhileDatabaseAway(() =>
      settleFailedCall(deps.pool, { turnId, step, attempt }, deps.classifierModel, failure),
    );
    const failures = await retryWhileDatabaseAway(() => failStep(deps.pool, key, failure));
    const reported = toApplicationFailure(failure, failures, deps.classifierRetry);
    // The turn goes on without an interjection, and viewers learn here that its reply is over.
    if (reported.nonRetryable && call.name === 'interjection')
      await retryWhileDatabaseAway(() => giveUpStep(deps.pool, key));
    throw reported;
  }
}

async function apply(
  deps: ClassifyDeps,
  input: ClassifyInput,
  context: TurnContext,
  answer: unknown,
  asked: { attempt: number; usage: TokenUsage },
): Promise<Verdict> {
  const classifier = classifiers[input.call.name];
  const applied = await retryWhileDatabaseAway(() =>
    applyStep(
      deps.pool,
      { turnId: input.turnId, name: input.step },
      (state) => ({
        events: classifier.events(context, input.call, answer, state),
        verdict: classifier.verdict(answer),
      }),
      asked,
    ),
  );
  if (!applied.applied) throw new TurnFailure('turn_gone');
  return applied.verdict;
}
