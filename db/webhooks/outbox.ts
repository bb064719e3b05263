import { afterCommit, type Pool, type Tx } from '../core/pool.js';

const listeners = new WeakMap<Pool, (webhookIds: string[]) => void>();

/** Sets the listener of a pool: it is called after each commit that has put deliveries into the outbox. */
export function onOutboxGrew(pool: Pool, listener: (webhookIds: string[]) => void): void {
  listeners.set(pool, listener);
}

/** Reports deliveries of these webhooks to the pool's listener once the transaction has committed. */
export function outboxGrew(tx: Tx, webhookIds: string[]): void {
  afterCommit(tx, (pool) => listeners.get(pool)?.(webhookIds));
}
