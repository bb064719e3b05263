import type { Pool } from '../../db/core/pool.js';
import { type RewindPoint, type Rewound, rewindChat } from '../../db/timeline/rewind.js';
import { runBounded } from '../../lib/bounded.js';
import { Problem } from '../http/problem.js';
import type { HeavyWork } from '../limits/heavyWork.js';
import type { OnTurnStatus } from '../turns/turnEnd.js';
import type { TurnStopper } from '../turns/turnStopper.js';

type RewindRequest = { chatId: string; owner: string; toSeq: RewindPoint; interrupt: boolean };
export type Rewind = (request: RewindRequest) => Promise<Omit<Rewound, 'state' | 'ended'>>;

/** The longest wait for an interrupted turn to release the floor, in milliseconds. */
const releaseTimeoutMs = 10_000;
/** The rewind is retried after this time, because a notification may be lost with its connection. */
const retryMs = 1_000;

/**
 * Rewinds a chat. With `interrupt` it first stops the turn that holds the floor and waits until the floor is free. Throws
 * `turn_in_progress` if that takes too long.
 */
export function createRewind(deps: {
  pool: Pool;
  heavy: HeavyWork;
  stopTurn: TurnStopper;
  onTurnStatus: OnTurnStatus;
  /** Aborted when the service stops: then requests wait no longer. */
  closing: AbortSignal;
}): Rewind {
  return async (request) => {
    return runBounded(deps.closing, releaseTimeoutMs, (giveUp) => rewind(request, giveUp));
  };

  async function rewind(request: RewindRequest, giveUp: AbortSignal): ReturnType<Rewind> {
    const attempt = () => deps.heavy(request.owner, () => rewindChat(deps.pool, request));
    let outcome = await attempt();
    while (outcome.state === 'interrupted') {
      const { turnId } = outcome;
      const changed = nextChange(deps.onTurnStatus, turnId, giveUp);
      deps.stopTurn(turnId);
      await changed;
      if (giveUp.aborted) throw new Problem('turn_in_progress', 'The turn that was interrupted still holds the floor');
      outcome = await attempt();
    }
    // These turns have ended in Postgres. The stop makes their workflows notice it and close.
    for (const turnId of outcome.ended) deps.stopTurn(turnId);
    const { seq, hidden } = outcome;
    return { seq, hidden };
  }
}

/** Resolves at the turn's next change of status, or after `retryMs`, because a notification may be lost. */
function nextChange(onTurnStatus: OnTurnStatus, turnId: string, giveUp: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      stopListening();
      giveUp.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, retryMs);
    const stopListening = onTurnStatus(turnId, done);
    giveUp.addEventListener('abort', done);
    if (giveUp.aborted) done();
  });
}
