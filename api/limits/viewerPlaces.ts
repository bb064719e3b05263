import type { ServerResponse } from 'node:http';
import { Problem } from '../http/problem.js';

/** Limits the viewers of an owner: live sockets, event streams and waiting requests together. */
export type ViewerPlaces = {
  /** Takes a place and gives the function that frees it; null when the owner has none left. Freeing twice frees once. */
  take(owner: string): (() => void) | null;
};

/** Takes a place until the response closes. Throws `too_many_viewers` when the owner has no place left. */
export function takeViewerPlace(places: ViewerPlaces, owner: string, response: ServerResponse): void {
  const free = places.take(owner);
  if (!free) throw new Problem('too_many_viewers', undefined, { 'Retry-After': '5' });
  if (response.destroyed) free();
  else response.once('close', free);
}

export function createViewerPlaces(maxPerOwner: number): ViewerPlaces {
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
