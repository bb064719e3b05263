import { lockChatUnlessFull } from '../chats/lockOwnChat.js';
import type { EarlierMessage } from '../chats/newChat.js';
import type { StoredLimit } from '../chats/ownerLimits.js';
import { mustHaveRoom } from '../chats/storedBytes.js';
import { newId } from '../core/ids.js';
import { type Pool, type Tx, transaction } from '../core/pool.js';
import { appendEvents } from '../timeline/log.js';

/**
 * Appends messages that no turn of the chat made; the model reads them with the next turn. A repeat with the same key
 * appends nothing. Gives the seq of each. Throws `ChatRefused`.
 */
export async function addMessages(
  pool: Pool,
  { owner, chatId, storedBytes }: { owner: string; chatId: string } & StoredLimit,
  messages: readonly EarlierMessage[],
  key: string = newId('evt'),
): Promise<number[]> {
  return transaction(pool, (tx) => appendAdded(tx, { owner, chatId, storedBytes }, messages, key));
}

/** As `addMessages`, in a transaction of the caller. */
export async function appendAdded(
  tx: Tx,
  { owner, chatId, storedBytes }: { owner: string; chatId: string } & StoredLimit,
  messages: readonly EarlierMessage[],
  key: string,
): Promise<number[]> {
  if (messages.length === 0) return [];
  await lockChatUnlessFull(tx, owner, chatId);
  const step = `added:${key}`;
  const earlier = await tx.query<{ seq: number }>(
    'select seq from events where chat_id = $1 and turn_id is null and step = $2 order by seq',
    [chatId, step],
  );
  if (earlier.rows.length > 0) return earlier.rows.map(({ seq }) => seq);
  await mustHaveRoom(tx, owner, Buffer.byteLength(JSON.stringify(messages)), storedBytes);
  const events = await appendEvents(
    tx,
    { chatId, turnId: null, step },
    messages.map((data) => ({ kind: 'message_added', data: { ...data } })),
  );
  return events.map(({ seq }) => seq);
}
