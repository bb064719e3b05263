import { decideAcceptNamespace } from '../../domain/turns/decideReconcile.js';
import { inParallel } from '../../lib/inParallel.js';
import { rebindTurn, startInNamespace } from '../turns/startInNamespace.js';
import { returnToOutbox } from '../webhooks/deliveries.js';
import { storePass } from './reconcilerState.js';
import { closeTurn, type ReconcileDeps } from './reconcileTurn.js';
import { readUnfinished, type Unfinished } from './unfinished.js';

/** Counts of turns. `found`: the workflow is in the connected namespace, so nothing is done. */
export type Accepted = { found: number; started: number; closed: number; failed: number };

export type AcceptOptions = {
  /** What to do with a turn whose workflow ran and is not found. */
  lost: 'close' | 'restart';
  onFailed: (turnId: string, error: unknown) => void;
};

const PAGE = 200;
const CONCURRENCY = 8;

/**
 * Carries out an operator's confirmation that all workflows outside the connected namespace are lost. Their turns are
 * closed with their checkpointed text, or run again from the first step; effects that are in the log are found and not
 * repeated. Turns that never ran are started. Deliveries to webhooks begin again. An error about one
 * turn goes to `onFailed`.
 */
export async function acceptNamespace(deps: ReconcileDeps, { lost, onFailed }: AcceptOptions): Promise<Accepted> {
  const namespace = await deps.workflows.namespace();
  const accepted: Accepted = { found: 0, started: 0, closed: 0, failed: 0 };
  const accept = async (turn: Unfinished): Promise<void> => {
    try {
      accepted[await acceptTurn(deps, turn, namespace.id, lost)] += 1;
    } catch (error) {
      accepted.failed += 1;
      onFailed(turn.start.turnId, error);
    }
  };
  for (let after: string | undefined, page: Unfinished[] = []; ; after = page.at(-1)?.start.turnId) {
    page = await readUnfinished(deps.pool, { olderThanMs: 0, limit: PAGE, ...(after ? { after } : {}) });
    await inParallel(page, CONCURRENCY, accept);
    if (page.length < PAGE) break;
  }
  await returnToOutbox(deps.pool);
  await storePass(deps.pool, { namespace, elsewhere: 0, missing: 0 }, null);
  return accepted;
}

async function acceptTurn(
  deps: ReconcileDeps,
  turn: Unfinished,
  here: string,
  lost: AcceptOptions['lost'],
): Promise<'found' | 'started' | 'closed'> {
  const { start } = turn;
  const found = await deps.workflows.describe(start.turnId);
  if (start.namespaceId !== here) await rebindTurn(deps.pool, start.turnId, here);
  const decision = decideAcceptNamespace({ lost }, turn, found);
  switch (decision.action) {
    case 'nothing':
      return 'found';
    case 'start':
      await startInNamespace({ db: deps.pool, workflows: deps.workflows }, { ...start, namespaceId: here });
      return 'started';
    case 'close':
      await closeTurn(deps, start.turnId, decision.code);
      return 'closed';
  }
}
