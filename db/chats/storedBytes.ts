import type { Tx } from '../core/pool.js';
import { ChatRefused } from '../core/refused.js';
import { readStoredBytes } from './ownerLimits.js';

/** More than requests that run at the same time add together. */
const MARGIN = 256 * 1024 * 1024;

/**
 * Throws `ChatRefused` when the owner has no room for so many bytes more. Far from the limit it takes no lock; near it an
 * advisory lock until the end of the transaction, so that concurrent requests can't exceed it together. The caller holds
 * all its other locks. Only what clients send is refused: a turn that was accepted ends.
 */
export async function mustHaveRoom(tx: Tx, owner: string, bytes: number, max: number | undefined): Promise<void> {
  if (max === undefined) return;
  const stored = await readStoredBytes(tx, owner);
  if (stored + bytes <= max - MARGIN) return;
  mustFit(stored + bytes, max);
  await tx.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`storedBytes/${owner}`]);
  mustFit((await readStoredBytes(tx, owner)) + bytes, max);
}

function mustFit(bytes: number, max: number): void {
  if (bytes > max) throw new ChatRefused('limit_reached', 'storedBytes', max);
}

/** Checks the room for the log of a chat that this transaction has made, and for so many bytes that it has made beside it. */
export async function mustHaveRoomForChat(tx: Tx, chatId: string, max: number | undefined, beside = 0): Promise<void> {
  if (max === undefined) return;
  const { rows } = await tx.query<{ owner: string; bytes: number }>(
    `select c.owner, coalesce(c.log_bytes, 0)::float8 as bytes from chats c where c.id = $1`,
    [chatId],
  );
  if (rows[0]) await mustHaveRoom(tx, rows[0].owner, rows[0].bytes + beside, max);
}
