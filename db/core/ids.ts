import { v7 } from 'uuid';

export type IdPrefix = 'chat' | 'turn' | 'chr' | 'doc' | 'chg' | 'mem' | 'scn' | 'evt' | 'prv' | 'att' | 'whk' | 'imp';

/** A new id: its prefix and a UUIDv7, so that ids sort by the time they were made. */
export function newId(prefix: IdPrefix): string {
  return `${prefix}_${v7()}`;
}
