import { Problem } from '../http/problem.js';
import { createViewerPlaces } from './viewerPlaces.js';

/** Runs the work in one of the places. Throws `rate_limited` when there is none for the owner, or none at all. */
export type UploadPlaces = <T>(owner: string, work: () => Promise<T>) => Promise<T>;

/**
 * Limits what is uploaded or downloaded at once, because each has its bytes in memory or in a file while the client sends
 * or reads them, however slowly.
 */
export function createUploadPlaces({ perOwner, inAll }: { perOwner: number; inAll: number }): UploadPlaces {
  const places = createViewerPlaces(perOwner);
  let taken = 0;
  return async (owner, work) => {
    const free = taken < inAll ? places.take(owner) : null;
    if (!free) throw new Problem('rate_limited', 'Too many uploads or downloads at once', { 'Retry-After': '2' });
    taken += 1;
    try {
      return await work();
    } finally {
      taken -= 1;
      free();
    }
  };
}
