import { Context } from '@temporalio/activity';
import { readUnheardDecisions } from '../db/approvals.js';
import type { Pool } from '../db/pool.js';
import { reconcileTurn, type TurnWorkflows } from '../db/reconcileTurn.js';
import { readUnfinished } from '../db/unfinished.js';

export type Reconciled = { looked: number; started: number; closed: number };

/** A decision is in Postgres before the turn is told of it, so being told may have failed. */
async function repeatApprovals({ pool, workflows }: ReconcileDeps): Promise<void> {
  for (const { turnId, callId, approved } of await readUnheardDecisions(pool)) {
    Context.current().heartbeat();
    await workflows.approve(turnId, { callId, approved });
  }
}

export type ReconciledWorkflows = TurnWorkflows & {
  approve(turnId: string, decision: { callId: string; approved: boolean }): Promise<unknown>;
};

type ReconcileDeps = { pool: Pool; workflows: ReconciledWorkflows; model: string };

/** A turn younger than this is left to the request or the workflow that is about to start it. */
const OLDER_THAN_MS = 10_000;
const PAGE = 200;

/**
 * Finds turns that hold a floor without a workflow: starts those that never had one, closes those whose
 * workflow was terminated or is gone, and starts who gets the floor next.
 */
export function createReconcileTurns(deps: ReconcileDeps) {
  return async (): Promise<Reconciled> => {
    const done: Reconciled = { looked: 0, started: 0, closed: 0 };
    let after: string | undefined;
    do {
      const page = await readUnfinished(deps.pool, {
        olderThanMs: OLDER_THAN_MS,
        limit: PAGE,
        ...(after ? { after } : {}),
      });
      for (const turn of page) {
        Context.current().heartbeat();
        const what = await reconcileTurn(deps, turn);
        done.looked += 1;
        if (what) done[what] += 1;
      }
      after = page.length === PAGE ? page.at(-1)?.start.turnId : undefined;
    } while (after);
    await repeatApprovals(deps);
    return done;
  };
}
