import type { Request, RequestHandler, Response } from 'express';
import onHeaders from 'on-headers';
import { createPlaces, type Release } from '../../lib/places/places.js';

/** More than connect at once. Requests beyond that are not held back. */
const MAX_WAITING = 10_000;
/** The longest wait, in milliseconds. Then a request goes on without a place: slow is better than refused. */
const WAIT_MS = 10_000;
/** A request that takes longer waits for something else than this process, and gives its place back. */
const HOLD_MS = 250;

/**
 * Takes up requests fairly between owners: `atOnce` at a time, and the next one is of the owner with the fewest. Without
 * it the statements of one owner's many requests stand in the pool's queue before those of another's single one. A
 * request gives its place back with its headers, or when it begins to wait (`leaveIntake`). `passes`: which ones take no
 * place, since they have limits of their own.
 */
export function fairIntake(atOnce: number, passes: (request: Request) => boolean = () => false): RequestHandler {
  const places = createPlaces({ total: atOnce, perOwner: atOnce, waiting: MAX_WAITING });
  return async (request, response, next) => {
    if (passes(request)) return next();
    const owner = String(response.locals.owner);
    const taken = places.takeNow(owner);
    if (taken) holdPlace(response, taken);
    else {
      const gone = new AbortController();
      const stopWaiting = () => gone.abort();
      response.once('close', stopWaiting);
      const later = await places.take(owner, { signal: gone.signal, withinMs: WAIT_MS }).catch(() => null);
      response.off('close', stopWaiting);
      // The client has gone.
      if (!later) return;
      if (later !== 'late') holdPlace(response, later);
    }
    next();
  };
}

function holdPlace(response: Response, release: Release): void {
  const timer = setTimeout(release, HOLD_MS).unref();
  const leave = () => {
    clearTimeout(timer);
    release();
  };
  response.locals.leaveIntake = leave;
  onHeaders(response, leave);
  response.once('close', leave);
}

/** Gives back the request's place: from now on it waits for a turn or a model. */
export function leaveIntake(response: Response): void {
  const leave: unknown = response.locals.leaveIntake;
  if (typeof leave === 'function') leave();
}
