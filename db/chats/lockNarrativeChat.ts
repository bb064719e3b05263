import type { Tx } from '../core/pool.js';
import { ChatRefused } from '../core/refused.js';
import type { ChatLock } from '../timeline/log.js';
import { lockChatUnlessFull } from './lockOwnChat.js';

export type NarrativeChat = ChatLock & { hostId: string; guestId: string | null };

/** Locks the owner's narrative chat, unless it is full, and reads its host and guest. Throws `ChatRefused`. */
export async function lockNarrativeChat(tx: Tx, owner: string, chatId: string): Promise<NarrativeChat> {
  const chat = await lockChatUnlessFull(tx, owner, chatId);
  const { rows } = await tx.query<{ hostId: string | null; guestId: string | null }>(
    'select host_id as "hostId", guest_id as "guestId" from chats where id = $1',
    [chatId],
  );
  const present = rows[0];
  if (chat.kind !== 'narrative' || !present?.hostId) throw new ChatRefused('not_narrative');
  return { ...chat, hostId: present.hostId, guestId: present.guestId };
}
