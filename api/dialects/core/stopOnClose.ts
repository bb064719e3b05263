import type { Response } from 'express';
import type { Pool } from '../../../db/core/pool.js';
import { markStop } from '../../../db/turns/stop.js';
import type { TurnStopper } from '../../turns/turnStopper.js';

/** Stops the turn when its client closes the connection before the end, if the client's key asks for that. */
export function stopOnClose(
  { pool, stopTurn }: { pool: Pool; stopTurn: TurnStopper },
  response: Response,
  turnId: string,
): void {
  if (!response.locals.stopsOnClose) return;
  const owner: string = response.locals.owner;
  response.once('close', async () => {
    if (response.writableEnded) return;
    const stopped = await markStop(pool, { turnId, owner }).catch(() => null);
    if (stopped?.stopping) stopTurn(stopped.stopping);
  });
}
