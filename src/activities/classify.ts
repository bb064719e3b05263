import { Context } from '@temporalio/activity';
import { applyStep } from '../db/applyAnswer.js';
import type { Pool } from '../db/pool.js';
import { beginStep, failStep } from '../db/steps.js';
import { readTurnContext } from '../db/turnContext.js';
import type { ClassifierCall, TurnContext, Verdict } from '../domain/classifiers/classifier.js';
import { classifiers } from '../domain/classifiers/index.js';
import { TurnFailure } from '../domain/failures.js';
import { askClassifier, type ClassifierAsk } from './askClassifier.js';
import { toApplicationFailure } from './failure.js';
import { whileDatabaseAway } from './whileDatabaseAway.js';

export type ClassifyInput = {
  turnId: string;
  /** The step's name, under which its effect happens once. */
  step: string;
  call: ClassifierCall;
  /** The round of attempts that an operator began; 0 is the first. */
  round: number;
};

export type ClassifyDeps = ClassifierAsk & { pool: Pool };

const HEARTBEAT_EVERY_MS = 1_000;

/** Asks one classifier, and applies its answer: validated, its events and projections in one transaction. */
export function createClassify(deps: ClassifyDeps) {
  return async (input: ClassifyInput): Promise<Verdict> => {
    const beating = setInterval(() => Context.current().heartbeat(), HEARTBEAT_EVERY_MS);
    try {
      return await classify(deps, input, Context.current().cancellationSignal);
    } finally {
      clearInterval(beating);
    }
  };
}

async function classify(deps: ClassifyDeps, input: ClassifyInput, signal: AbortSignal): Promise<Verdict> {
  const key = { turnId: input.turnId, name: input.step };
  const begun = await whileDatabaseAway(() => beginStep(deps.pool, key, input.round), signal);
  if (begun.done) return begun.verdict as Verdict;
  const context = await whileDatabaseAway(() => readTurnContext(deps.pool, input.turnId, input.call.sceneId), signal);
  if (!context) throw toApplicationFailure(new TurnFailure('turn_gone'), null, deps.classifierRetry);
  try {
    const answer = await askClassifier(
      deps,
      { context, call: input.call, turnId: input.turnId, step: input.step, attempt: begun.attempt },
      signal,
    );
    return await apply(deps, input, context, answer);
  } catch (error) {
    if (signal.aborted || !(error instanceof TurnFailure)) throw error;
    const { code } = error;
    const failures = code === 'turn_gone' ? null : await whileDatabaseAway(() => failStep(deps.pool, key, code));
    throw toApplicationFailure(error, failures, deps.classifierRetry);
  }
}

async function apply(
  deps: ClassifyDeps,
  input: ClassifyInput,
  context: TurnContext,
  answer: unknown,
): Promise<Verdict> {
  const classifier = classifiers[input.call.name];
  const applied = await whileDatabaseAway(() =>
    applyStep(deps.pool, { turnId: input.turnId, name: input.step }, (state) => ({
      events: classifier.events(context, input.call, answer, state),
      verdict: classifier.verdict(answer),
    })),
  );
  if (!applied.applied) throw new TurnFailure('turn_gone');
  return applied.verdict;
}
