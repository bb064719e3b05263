import { notifyCommitted, type Pool, type Tx } from './pool.js';

/** Notifies gateways, after the commit, that a chat's log has grown to `seq`. */
export function notifyLogGrew(tx: Tx, chatId: string, seq: number): void {
  notifyCommitted(tx, (notifier) => notifier.logGrew(chatId, seq));
}

/**
 * Notifies gateways that the status of a turn has changed: after the commit of a transaction, or immediately after a
 * statement on the pool.
 */
export function notifyTurnStatus(db: Tx | Pool, chatId: string, turnId: string): void {
  notifyCommitted(db, (notifier) => notifier.statusChanged(chatId, turnId));
}
