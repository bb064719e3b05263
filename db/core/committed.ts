import type { FailureCode } from '../../domain/log/failures.js';
import type { EndStatus } from '../../domain/turns/endStatus.js';
import type { ChatKind } from '../../domain/turns/turn.js';
import { afterCommit, type Pool, type Tx } from './pool.js';

/** What a transaction of this process made true, as whoever counts and logs may know it: ids, codes and numbers. */
export type Committed =
  | {
      what: 'turn_ended';
      turnId: string;
      chatId: string;
      kind: ChatKind;
      status: EndStatus;
      code: string | null;
      warnings: number;
      /** Since the turn was accepted, in seconds. */
      seconds: number;
      /** Until its first token went out, since it was accepted; null when none did. */
      firstTokenSeconds: number | null;
      /** Of its replies. */
      attempts: number;
      /** That its replies are made of, as far as is known. */
      tokens: number | null;
    }
  | { what: 'step_stuck'; turnId: string; chatId: string; kind: ChatKind; step: string; code: FailureCode }
  /** Its workflow can't go on; `cause` as Temporal names it. */
  | { what: 'turn_failing'; turnId: string; chatId: string; kind: ChatKind; attempt: number; cause: string };

const listeners = new WeakMap<Pool, (committed: Committed) => void>();

/**
 * Calls the listener with what transactions of this pool make true, once each, and only after they have committed. An
 * attempt that finds the effect of an earlier one reports nothing.
 */
export function onCommitted(pool: Pool, listener: (committed: Committed) => void): void {
  listeners.set(pool, listener);
}

export function reportCommitted(tx: Tx, committed: Committed): void {
  afterCommit(tx, (pool) => listeners.get(pool)?.(committed));
}
