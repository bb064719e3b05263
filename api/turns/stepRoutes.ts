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

/** Routes that retry or skip a stuck step. Step names contain `:` and `>`, which clients have to encode. */
export function stepRoutes(deps: StepRouteDeps): Route[] {
  const command = async (asked: 'retryStep' | 'skipStep', turnId: string, step: string, owner: string) => {
    await mustBeStuck(deps.pool, { turnId, owner }, step);
    const sent = await sendCommand(deps, asked, turnId, step);
    if (sent === 'sent') return { status: 202 } satisfies Answer;
    void deps.reconcileTurn(turnId);
    throw new Problem('step_not_stuck', 'The turn has no running workflow in Temporal');
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

async function sendCommand(
  { engine, log }: StepRouteDeps,
  asked: 'retryStep' | 'skipStep',
  turnId: string,
  step: string,
) {
  try {
    return await engine.commandStep(turnId, asked, { step }, { deadlineMs: commandDeadlineMs });
  } catch (err) {
    log.warn({ err, turnId, step }, 'a command for a stuck step could not be sent');
    throw new Problem('engine_unreachable', undefined, { 'Retry-After': '1' });
  }
}
