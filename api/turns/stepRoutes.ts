import type { Logger } from 'pino';
import type { Pool } from '../../db/core/pool.js';
import { readSteps } from '../../db/turns/steps.js';
import { readTurn } from '../../db/turns/turnView.js';
import { hasEnded } from '../../domain/turns/endStatus.js';
import type { TurnEngine } from '../../engine/turnEngine.js';
import { orProblem, Problem } from '../http/problem.js';
import { type Answer, type Route, route } from '../http/route.js';
import type { ReconcileTurn } from './reconcileTurn.js';

const tag = 'Turns';

export type StepRouteDeps = {
  pool: Pool;
  log: Pick<Logger, 'warn'>;
  engine: Pick<TurnEngine, 'commandStep'>;
  reconcileTurn: ReconcileTurn;
};

const commandDeadlineMs = 2_000;

/** What an operator may ask of a step that is stuck. Step names hold `:` and `>`: clients encode them. */
export function stepRoutes(deps: StepRouteDeps): Route[] {
  const command = async (asked: 'retryStep' | 'skipStep', turnId: string, step: string, owner: string) => {
    await mustBeStuck(deps.pool, { turnId, owner }, step);
    const heard = await tell(deps, asked, turnId, step);
    if (heard === 'sent') return { status: 202 } satisfies Answer;
    void deps.reconcileTurn(turnId);
    throw new Problem('step_not_stuck', 'No workflow of the turn is found in Temporal');
  };
  return [
    route({
      operation: 'retryStep',
      method: 'post',
      path: '/v1/turns/:turnId/steps/:name/retry',
      summary: 'Retry a stuck step',
      tag,
      answers: { 202: null },
      problems: ['turn_not_found', 'step_not_stuck', 'engine_unreachable'],
      handle: ({ owner, params: { turnId, name } }) => command('retryStep', turnId, name, owner),
    }),
    route({
      operation: 'skipStep',
      method: 'post',
      path: '/v1/turns/:turnId/steps/:name/skip',
      summary: 'Skip a stuck step: the turn ends without it',
      tag,
      answers: { 202: null },
      problems: ['turn_not_found', 'step_not_stuck', 'engine_unreachable'],
      handle: ({ owner, params: { turnId, name } }) => command('skipStep', turnId, name, owner),
    }),
  ];
}

async function mustBeStuck(pool: Pool, which: { turnId: string; owner: string }, name: string): Promise<void> {
  const turn = orProblem(await readTurn(pool, which), 'turn_not_found');
  const steps = hasEnded(turn) ? [] : await readSteps(pool, turn.id);
  if (steps.find((step) => step.name === name)?.status !== 'stuck') throw new Problem('step_not_stuck');
}

async function tell({ engine, log }: StepRouteDeps, asked: 'retryStep' | 'skipStep', turnId: string, step: string) {
  try {
    return await engine.commandStep(turnId, asked, { step }, { deadlineMs: commandDeadlineMs });
  } catch (err) {
    log.warn({ err, turnId, step }, 'the engine did not take an operator’s command');
    throw new Problem('engine_unreachable', undefined, { 'Retry-After': '1' });
  }
}
