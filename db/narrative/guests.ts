import type { NarrativeChat } from '../chats/lockNarrativeChat.js';
import { newId } from '../core/ids.js';
import type { Tx } from '../core/pool.js';
import { ChatRefused } from '../core/refused.js';
import { appendEvents } from '../timeline/log.js';

/** Sets the chat's guest; null removes it. The caller holds the chat's lock. Throws `ChatRefused`. */
export async function changeGuest(tx: Tx, chat: NarrativeChat, guestId: string | null): Promise<void> {
  if (guestId === chat.guestId) return;
  // A turn runs steps for the characters that were present when it began.
  if (chat.activeTurnId !== null) throw new ChatRefused('turn_in_progress');
  if (guestId === chat.hostId) throw new ChatRefused('guest_is_host', 'guestId');
  const { rowCount } = await tx.query(
    `update chats set guest_id = $2, updated_at = now() where id = $1
       and ($2::text is null or exists (select from characters g where g.id = $2 and g.owner = $3))`,
    [chat.id, guestId, chat.owner],
  );
  if (rowCount !== 1) throw new ChatRefused('character_not_found', 'guestId');
  if (chat.guestId !== null) await appendCleared(tx, chat.id, chat.guestId);
}

/**
 * Removes a character from every chat in which it is a guest, also while a turn runs. Locks the chats in the order of
 * their ids: every transaction that locks several chats uses this order, so that none deadlock.
 */
export async function clearGuestEverywhere(tx: Tx, owner: string, guestId: string): Promise<void> {
  const { rows } = await tx.query<{ id: string }>(
    'select id from chats where guest_id = $1 and owner = $2 order by id collate "C" for no key update',
    [guestId, owner],
  );
  for (const { id } of rows) {
    await tx.query('update chats set guest_id = null where id = $1', [id]);
    await appendCleared(tx, id, guestId);
  }
}

/** A guest may be removed several times, so each event gets a new id as its key. */
async function appendCleared(tx: Tx, chatId: string, guestId: string): Promise<void> {
  await appendEvents(tx, { chatId, turnId: null, step: `guest:${newId('evt')}` }, [
    { kind: 'guest_cleared', data: { guestId } },
  ]);
}
