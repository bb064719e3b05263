import { Context } from '@temporalio/activity';
import { readUndeliveredApprovals } from '../../db/agents/approvals.js';
import { removeUnattached } from '../../db/attachments/removeAttachments.js';
import { removeSpentImpersonations } from '../../db/chats/impersonations.js';
import { type Pass, reconcilePass } from '../../db/reconciler/reconcilePass.js';
import type { ReconcileDeps, TurnWorkflows } from '../../db/reconciler/reconcileTurn.js';
import { trimTurns } from '../../db/turns/trimTurns.js';
import { removeExpired } from '../../db/webhooks/deliveries.js';
import { type StartDelivery, startDeliveries } from '../../db/webhooks/startDeliveries.js';
import { RETRIED_FOR_MS } from '../../domain/webhooks/delivery.js';
import { runBounded } from '../../lib/bounded.js';
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
  startDelivery: StartDelivery;
  telemetry: Pick<
    Telemetry,
    'passEnded' | 'notReconciled' | 'notTrimmed' | 'deliveriesExpired' | 'deliveriesNotStarted'
  >;
};

/** The request or workflow that starts a younger turn may still be running. */
const OLDER_THAN_MS = 10_000;
/** Shorter than the activity's timeout. */
const PASS_MS = 40_000;
const APPROVALS_AT_ONCE = 8;
/** Longer than any attempt of an ended turn still runs. */
const TRIM_OLDER_THAN_MS = 10 * 60_000;
const TRIM_MS = 3_000;
/** How long an upload waits for its message. */
const UNATTACHED_MS = 24 * 60 * 60_000;
const UNATTACHED_PASS_MS = 1_000;
const DELIVERIES_MS = 3_000;
/** An hour more than a delivery is retried, because its workflow gives it up itself. */
const EXPIRED_MS = RETRIED_FOR_MS + 60 * 60_000;

/**
 * Finds turns that cannot continue by themselves: starts those without a workflow, closes those whose workflow has
 * closed, and passes the floor on where a workflow fails again and again. Also removes rows that ended turns left, and uploads that no
 * message has. Starts deliveries to webhooks that the process which committed their events did not start.
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
    await trim(deps, onProgress);
    await deliver(deps, context.cancellationSignal);
    return pass;
  };
}

/** A decision is stored before its signal is sent, so the signal may have been lost. */
async function repeatApprovals({ pool, workflows, telemetry }: Deps, onProgress: () => void): Promise<void> {
  await inParallel(await readUndeliveredApprovals(pool), APPROVALS_AT_ONCE, async ({ turnId, callId, approved }) => {
    await workflows.approve(turnId, { callId, approved }).catch((error: unknown) => {
      telemetry.notReconciled(turnId, error);
    });
    onProgress();
  });
}

/** A failure must not repeat the pass. The next pass continues. */
async function trim({ pool, telemetry }: Deps, onProgress: () => void): Promise<void> {
  const options = { olderThanMs: TRIM_OLDER_THAN_MS, withinMs: TRIM_MS, onProgress };
  await trimTurns(pool, options).catch(telemetry.notTrimmed);
  const unattached = { olderThanMs: UNATTACHED_MS, withinMs: UNATTACHED_PASS_MS, onProgress };
  await removeUnattached(pool, unattached).catch(telemetry.notTrimmed);
  await removeSpentImpersonations(pool).catch(telemetry.notTrimmed);
}

/** A failure must not repeat the pass. */
async function deliver({ pool, startDelivery, telemetry }: Deps, cancelled: AbortSignal): Promise<void> {
  try {
    await runBounded(cancelled, DELIVERIES_MS, (signal) =>
      startDeliveries(pool, startDelivery, { webhookIds: null, signal }),
    );
    const expired = await removeExpired(pool, EXPIRED_MS);
    if (expired > 0) telemetry.deliveriesExpired(expired);
  } catch (error) {
    telemetry.deliveriesNotStarted(error);
  }
}
