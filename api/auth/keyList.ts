import { createHash, timingSafeEqual } from 'node:crypto';
import type { Caller } from './caller.js';

/** An API key by its SHA-256. */
export type HashedKey = { hash: Buffer; owner: string; level: number; stopsOnClose: boolean };

export const hashKey = (key: string): Buffer => createHash('sha256').update(key).digest();

export type KeyList = {
  /** The caller of a key; null when it is not in the list. */
  find(key: string): Caller | null;
  /** The caller of the first key whose `Caller.parent` matches; null when none in the list does. */
  findParent(matches: (parent: string) => boolean): Caller | null;
};

/** The keys of `read`, which gives the current ones at each call. */
export function createKeyList(read: () => readonly HashedKey[]): KeyList {
  return {
    find(key) {
      const hash = hashKey(key);
      let found: HashedKey | null = null;
      // Every key is compared in constant time, so the duration reveals nothing.
      for (const candidate of read()) if (timingSafeEqual(candidate.hash, hash)) found = candidate;
      return found && callerOf(found);
    },
    findParent(matches) {
      const found = read().findLast((key) => matches(parentOf(key)));
      return found ? callerOf(found) : null;
    },
  };
}

const parentOf = ({ hash }: HashedKey) => `key:${hash.toString('hex')}`;

const callerOf = (key: HashedKey): Caller => ({
  owner: key.owner,
  level: key.level,
  stopsOnClose: key.stopsOnClose,
  credential: 'key',
  rights: null,
  expiresAt: null,
  parent: parentOf(key),
});
