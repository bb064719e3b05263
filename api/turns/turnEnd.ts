import type { Pool } from '../../db/core/pool.js';
import { readTurn, type TurnView } from '../../db/turns/turnView.js';
import { hasEnded } from '../../domain/turns/endStatus.js';

/** Calls the listener whenever a turn of the chat changes status. Returns how to stop listening. */
export type OnTurnStatus = (turnId: string, listener: () => void) => () => void;

/** A notification may be lost with its connection; then the turn is read this much later. */
const rereadMs = 2_000;

/**
 * Waits until the turn has ended, at most `seconds`, or until the client is gone. Driven by notifications.
 * Answers with the turn as last read.
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
