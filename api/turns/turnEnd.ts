import type { Pool } from '../../db/core/pool.js';
import { readTurn, type TurnView } from '../../db/turns/turnView.js';
import { hasEnded } from '../../domain/turns/endStatus.js';

/** Calls the listener when the turn changes status. Returns the function that removes the listener. */
export type OnTurnStatus = (turnId: string, listener: () => void) => () => void;

/** The turn is read again after this time, because a notification may be lost with its connection. */
const rereadMs = 2_000;

/**
 * Waits until the turn has ended, for at most `seconds` or until the signal is aborted. Driven by notifications. Gives the
 * turn as it was read last; null if it does not exist.
 */
export async function waitForTurnEnd(
  deps: { pool: Pool; onTurnStatus: OnTurnStatus },
  which: { turnId: string; owner: string },
  wait: { seconds: number; signal: AbortSignal },
): Promise<TurnView | null> {
  const deadline = Date.now() + wait.seconds * 1_000;
  let wake = () => {};
  let changed = false;
  const notice = () => {
    changed = true;
    wake();
  };
  const stopListening = deps.onTurnStatus(which.turnId, notice);
  wait.signal.addEventListener('abort', notice);
  try {
    for (;;) {
      changed = false;
      const turn = await readTurn(deps.pool, which);
      const left = deadline - Date.now();
      if (!turn || hasEnded(turn) || left <= 0 || wait.signal.aborted) return turn;
      if (changed) continue;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(left, rereadMs));
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  } finally {
    stopListening();
    wait.signal.removeEventListener('abort', notice);
  }
}
