import type { ServerResponse } from 'node:http';
import { Problem } from '../http/problem.js';

/** How many viewers an owner may have at once: live sockets, event streams and requests that wait, together. */
export type Places = {
  /** Takes a place, and gives what frees it; null when the owner has taken all. Freeing twice frees once. */
  take(owner: string): (() => void) | null;
};

/**
 * Takes a place for a response, until it closes. Throws `too_many_viewers`; when the client has gone meanwhile, the
 * place is free again at once.
 */
export function takePlace(places: Places, owner: string, response: ServerResponse): void {
  const leave = places.take(owner);
  if (!leave) throw new Problem('too_many_viewers', undefined, { 'Retry-After': '5' });
  if (response.destroyed) leave();
  else response.once('close', leave);
}

export function createPlaces(maxPerOwner: number): Places {
  const taken = new Map<string, number>();
  const free = (owner: string) => {
    const left = (taken.get(owner) ?? 1) - 1;
    if (left > 0) taken.set(owner, left);
    else taken.delete(owner);
  };
  return {
    take(owner) {
      const count = taken.get(owner) ?? 0;
      if (count >= maxPerOwner) return null;
      taken.set(owner, count + 1);
      let held = true;
      return () => {
        if (held) free(owner);
        held = false;
      };
    },
  };
}
