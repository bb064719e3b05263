import { inParallel } from '../../lib/inParallel.js';
import type { Pool } from '../core/pool.js';
import { markStarted, type PendingDelivery, readPending } from './deliveries.js';

const STARTS_AT_ONCE = 8;
const PER_WEBHOOK = 100;

/** Starts a delivery's workflow; one that is started already is success. Throws when Temporal does not take it. */
export type StartDelivery = (delivery: PendingDelivery) => Promise<void>;

/**
 * Starts workflows of deliveries in the outbox, of these webhooks or (null) of all, until `signal` is aborted or none is
 * pending. Two processes may start the same one: its id makes the second start a no-op. Rejects when Temporal does not
 * take one; the others are marked, and the next call continues.
 */
export async function startDeliveries(
  pool: Pool,
  start: StartDelivery,
  { webhookIds, signal }: { webhookIds: string[] | null; signal: AbortSignal },
): Promise<number> {
  for (let total = 0; ; ) {
    const pending = await readPending(pool, webhookIds, PER_WEBHOOK);
    const started: PendingDelivery[] = [];
    let failure: unknown = null;
    await inParallel(pending, STARTS_AT_ONCE, async (delivery) => {
      if (failure || signal.aborted) return;
      await start(delivery).then(
        () => void started.push(delivery),
        (error: unknown) => {
          failure = error;
        },
      );
    });
    if (started.length > 0) await markStarted(pool, started);
    if (failure) throw failure;
    total += started.length;
    if (pending.length === 0 || signal.aborted) return total;
  }
}

export type Outbox = {
  /** Starts the deliveries of these webhooks in the background. Never throws. */
  grew(webhookIds: string[]): void;
  /** Stops. Resolves when the running pass has ended. */
  close(): Promise<void>;
};

/**
 * Starts deliveries as soon as their events are committed. A pass that fails is not repeated here: the reconciler finds
 * what is left in the outbox.
 */
export function createOutbox(pool: Pool, start: StartDelivery, onFailed: (error: unknown) => void): Outbox {
  const closing = new AbortController();
  const waiting = new Set<string>();
  let running: Promise<void> | null = null;

  async function run() {
    while (waiting.size > 0 && !closing.signal.aborted) {
      const webhookIds = [...waiting];
      waiting.clear();
      await startDeliveries(pool, start, { webhookIds, signal: closing.signal }).catch(onFailed);
    }
  }

  function grew(webhookIds: string[]) {
    if (closing.signal.aborted) return;
    for (const id of webhookIds) waiting.add(id);
    running ??= run().finally(() => {
      running = null;
      if (waiting.size > 0) grew([]);
    });
  }

  return {
    grew,
    async close() {
      closing.abort();
      await running;
    },
  };
}
