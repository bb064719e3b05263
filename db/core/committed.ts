import type { FailureCode } from '../../domain/log/failures.js';
import type { EndStatus } from '../../domain/turns/endStatus.js';
import type { ChatKind } from '../../domain/turns/turn.js';
import { afterCommit, type Pool, type Tx } from './pool.js';

/** What a transaction of this process changed, for metrics and log lines: ids, codes and numbers, never text. */
export type Committed =
  | {
      what: 'turn_ended';
      turnId: string;
      chatId: string;
      kind: ChatKind;
      status: EndStatus;
      code: string | null;
      warnings: number;
      /** From acceptance to the end, in seconds. */
      seconds: number;
      /** From acceptance to the first token, in seconds; null when there was no token. */
      firstTokenSeconds: number | null;
      /** Attempts at all replies of the turn. */
      attempts: number;
      /** Completion tokens of the turn; null when the usage is unknown. */
      tokens: number | null;
    }
  | { what: 'step_stuck'; turnId: string; chatId: string; kind: ChatKind; step: string; code: FailureCode }
  /** The workflow's task fails at every attempt; `cause` is Temporal's name of the failure. */
  | { what: 'turn_failing'; turnId: string; chatId: string; kind: ChatKind; attempt: number; cause: string };

const listeners = new WeakMap<Pool, (committed: Committed) => void>();

/**
 * Sets the listener of a pool: it is called once for each report, after the transaction has committed. An attempt that
 * finds the effect of an earlier one reports nothing.
 */
export function onCommitted(pool: Pool, listener: (committed: Committed) => void): void {
  listeners.set(pool, listener);
}

/** Reports a change to the pool's listener once the transaction has committed. */
export function reportCommitted(tx: Tx, committed: Committed): void {
  afterCommit(tx, (pool) => listeners.get(pool)?.(committed));
}
