import type { Pool } from '../db/pool.js';
import { reconcileTurn } from '../db/reconcileTurn.js';
import type { StartTurn } from '../db/turnRow.js';
import { readUnfinished } from '../db/unfinished.js';
import type { TurnEngine } from '../engine/turnEngine.js';
import type { Log } from '../log.js';
import type { TurnStarter } from './turnStarter.js';

/** Never throws, and is done once at a time for a turn: what fails now the reconciler does soon. */
export type ReconcileTurn = (turnId: string) => Promise<void>;

type Deps = {
  pool: Pool;
  engine: Pick<TurnEngine, 'describe'>;
  starter: Pick<TurnStarter, 'start'>;
  model: string;
  log: Log;
};

const describeDeadlineMs = 1_000;

/**
 * What the reconciler does to every turn, for one that the api has met: a turn that holds the floor without a
 * workflow is started, if it never had one, or closed with the text that it has.
 */
export function createReconcileTurn(deps: Deps): ReconcileTurn {
  const running = new Map<string, Promise<void>>();
  return (turnId) => {
    const work =
      running.get(turnId) ??
      reconcile(deps, turnId)
        .then((done) => done && deps.log.info({ turnId, done }, 'met a turn without a workflow'))
        .catch((err) => deps.log.warn({ err, turnId }, 'a turn without a workflow is left to the reconciler'))
        .then(() => void running.delete(turnId));
    running.set(turnId, work);
    return work;
  };
}

async function reconcile(deps: Deps, turnId: string): Promise<'started' | 'closed' | null> {
  const [turn] = await readUnfinished(deps.pool, { olderThanMs: 0, limit: 1, turnId });
  if (!turn) return null;
  const workflows = {
    start: (start: StartTurn) => deps.starter.start(start),
    describe: () => deps.engine.describe(turnId, { deadlineMs: describeDeadlineMs }),
  };
  return reconcileTurn({ pool: deps.pool, workflows, model: deps.model }, turn);
}
