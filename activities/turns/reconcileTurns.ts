import { Context } from '@temporalio/activity';
import { readUnheardDecisions } from '../../db/agents/approvals.js';
import { type Pass, reconcilePass } from '../../db/reconciler/reconcilePass.js';
import type { ReconcileDeps, TurnWorkflows } from '../../db/reconciler/reconcileTurn.js';
import { inParallel } from '../../lib/inParallel.js';
import type { Telemetry } from '../telemetry.js';

export type Reconciled = Pass;

export type ReconciledWorkflows = TurnWorkflows & {
  approve(turnId: string, decision: { callId: string; approved: boolean }): Promise<unknown>;
  /** The connected namespace's id as last read, null before that. Never waits. */
  knownNamespace(): string | null;
};

type Deps = ReconcileDeps & {
  workflows: ReconciledWorkflows;
  telemetry: Pick<Telemetry, 'passEnded' | 'notReconciled'>;
};

/** A turn younger than this is left to the request or the workflow that is about to start it. */
const OLDER_THAN_MS = 10_000;
/** Within the activity's own time. */
const PASS_MS = 40_000;
const APPROVALS_AT_ONCE = 8;

/**
 * Finds turns that can't go on by themselves: starts those that never had a workflow, closes those whose workflow
 * was closed without them, and lets the chat go on where a workflow can't.
 */
export function createReconcileTurns(deps: Deps) {
  return async (): Promise<Reconciled> => {
    const context = Context.current();
    const onProgress = () => context.heartbeat();
    const onFailed = (turnId: string, error: unknown) => deps.telemetry.notReconciled(turnId, error);
    const pass = await reconcilePass(deps, {
      olderThanMs: OLDER_THAN_MS,
      withinMs: PASS_MS,
      onProgress,
      onFailed,
    });
    deps.telemetry.passEnded(pass);
    await repeatApprovals(deps, onProgress);
    return pass;
  };
}

/** A decision is in Postgres before the turn is told of it, so being told may have failed. */
async function repeatApprovals({ pool, workflows, telemetry }: Deps, onProgress: () => void): Promise<void> {
  await inParallel(await readUnheardDecisions(pool), APPROVALS_AT_ONCE, async ({ turnId, callId, approved }) => {
    await workflows.approve(turnId, { callId, approved }).catch((error: unknown) => {
      telemetry.notReconciled(turnId, error);
    });
    onProgress();
  });
}
