import type { Pool } from '../../db/core/pool.js';
import { isTurnOf } from '../../db/timeline/feed.js';
import { markStop } from '../../db/turns/stop.js';
import type { TurnEngine } from '../../engine/turnEngine.js';
import type { Log } from '../../telemetry/log/log.js';
import type { WireHub } from '../../viewers/wire/wire.js';
import type { ReconcileTurn } from './reconcileTurn.js';

/**
 * Delivers the stop of a marked turn over the wire, which is fast, and as a signal, which also reaches a waiting workflow.
 * Both may fail, because the mark on the turn's row is set first.
 */
export type TurnStopper = (turnId: string) => void;

const stopDeadlineMs = 1_000;

export function createTurnStopper(deps: {
  hub: Pick<WireHub, 'stop'>;
  engine: Pick<TurnEngine, 'requestStop'>;
  reconcileTurn: ReconcileTurn;
  log: Log;
}): TurnStopper {
  const signalWorkflow = async (turnId: string) => {
    try {
      const answer = await deps.engine.requestStop(turnId, { deadlineMs: stopDeadlineMs });
      if (answer === 'not_found') await deps.reconcileTurn(turnId);
    } catch (error) {
      deps.log.warn({ err: error, turnId }, 'the signal to stop a turn failed; the turn stays marked');
    }
  };
  return (turnId) => {
    deps.hub.stop(turnId);
    void signalWorkflow(turnId);
  };
}

/** Cancels a turn of the owner's chat. False when there is no such turn there. */
export type CancelTurn = (target: { chatId: string; turnId: string; owner: string }) => Promise<boolean>;

export function createCancelTurn(deps: { pool: Pool; stopTurn: TurnStopper }): CancelTurn {
  return async ({ chatId, turnId, owner }) => {
    if (!(await isTurnOf(deps.pool, turnId, chatId))) return false;
    const { found, stopping } = await markStop(deps.pool, { turnId, owner });
    if (stopping) deps.stopTurn(stopping);
    return found;
  };
}
