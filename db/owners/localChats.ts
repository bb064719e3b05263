import type { Db } from '../core/pool.js';
import { countChats } from './moveOwner.js';

/** The owner of a service without keys. */
const localOwner = 'local';

/**
 * A sentence for the start of a service with keys, none of which is of the owner `local`, while there are chats from the
 * time without keys. Null otherwise.
 */
export async function hintAtLocalChats(db: Db, owners: readonly string[]): Promise<string | null> {
  if (owners.includes(localOwner)) return null;
  const count = await countChats(db, localOwner);
  if (count === 0) return null;
  return `${count} chats belong to the owner "${localOwner}", from the time without keys, and none of the keys is of that owner. To give them to another one: npm run owner -- move ${localOwner} OWNER`;
}
