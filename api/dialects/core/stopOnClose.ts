import type { Response } from 'express';
import type { Pool } from '../../../db/core/pool.js';
import { markStop } from '../../../db/turns/stop.js';
import { isBrokenHere } from '../../http/breakResponse.js';
import type { TurnStopper } from '../../turns/turnStopper.js';

/**
 * Stops the turn when its client closes the connection before the end, if the client's key asks for that. The client may
 * have closed it before the turn was started. A restart of the api, and a connection that the api closes, stop nothing.
 */
export function stopOnClose(
  { pool, stopTurn, closing }: { pool: Pool; stopTurn: TurnStopper; closing: AbortSignal },
  response: Response,
  turnId: string,
): void {
  if (!response.locals.stopsOnClose) return;
  const owner: string = response.locals.owner;
  onClientClose(response, closing, async () => {
    const stopped = await markStop(pool, { turnId, owner }).catch(() => null);
    if (stopped?.stopping) stopTurn(stopped.stopping);
  });
}

/** Calls the listener when the client has closed the connection before the end of the response, at once if it has. */
export function onClientClose(response: Response, closing: AbortSignal, listener: () => void): void {
  const closed = () => {
    if (!response.writableEnded && !isBrokenHere(response) && !closing.aborted) listener();
  };
  if (response.destroyed) closed();
  else response.once('close', closed);
}
