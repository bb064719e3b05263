import type { Pool } from '../../db/core/pool.js';
import { type Reconciled, reconcileTurn } from '../../db/reconciler/reconcileTurn.js';
import { readUnfinished } from '../../db/reconciler/unfinished.js';
import type { ConnectedNamespace } from '../../engine/namespace.js';
import { reconcilerCalls, type TurnEngine } from '../../engine/turnEngine.js';
import type { Log } from '../../telemetry/log/log.js';
import type { TurnStarter } from './turnStarter.js';

/** Never throws. Runs once at a time for each turn. What fails here is done by the reconciler's next pass. */
export type ReconcileTurn = (turnId: string) => Promise<void>;

type Deps = {
  pool: Pool;
  engine: Pick<TurnEngine, 'describe' | 'listRunning' | 'terminate'>;
  starter: Pick<TurnStarter, 'start'>;
  namespace: Pick<ConnectedNamespace, 'read'>;
  model: string;
  log: Log;
};

const deadline = { deadlineMs: 1_500 };

/**
 * Reconciles one turn that the api has found without a running workflow: starts a turn that never had a workflow, and
 * closes a turn whose workflow was closed. Whether a workflow that is not found is lost can not be decided from one
 * turn: the reconciler's pass over all turns decides it.
 */
export function createReconcileTurn(deps: Deps): ReconcileTurn {
  const running = new Map<string, Promise<void>>();
  return (turnId) => {
    const work =
      running.get(turnId) ??
      reconcile(deps, turnId)
        .then((done) => done !== 'nothing' && deps.log.info({ turnId, done }, 'reconciled a turn without a workflow'))
        .catch((err) => deps.log.warn({ err, turnId }, 'a turn without a workflow is left to the reconciler'))
        .then(() => void running.delete(turnId));
    running.set(turnId, work);
    return work;
  };
}

async function reconcile({ pool, engine, starter, namespace, model }: Deps, turnId: string): Promise<Reconciled> {
  const [turn] = await readUnfinished(pool, { olderThanMs: 0, limit: 1, turnId });
  if (!turn) return 'nothing';
  const workflows = {
    namespace: namespace.read,
    start: starter.start,
    ...reconcilerCalls(engine, deadline),
  };
  return reconcileTurn({ pool, workflows, model }, turn);
}
