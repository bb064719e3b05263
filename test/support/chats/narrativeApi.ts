import type { Chat } from '../../../client/src/index.js';
import { newId } from '../../../db/core/ids.js';
import { transaction } from '../../../db/core/pool.js';
import { appendEvents, lockChat } from '../../../db/timeline/log.js';
import type { NewEvent } from '../../../domain/log/events.js';
import type { TestApi } from '../service/api.js';

export type Fields = Record<string, unknown>;
export type Body = Fields & { items: Fields[]; next: string | null; code: string; detail: string };

/** Calls the api, whatever it answers. */
export const sender =
  (api: () => TestApi) => (method: string, path: string, body?: unknown, headers?: Record<string, string>) =>
    api().client.send<Body>(method, path, body, headers);

export type GuestChat = { chat: Chat; path: string; hostId: string; guestId: string };

/** A narrative chat of two characters, with a scene. */
export async function newGuestChat(api: TestApi, more: Fields = {}): Promise<GuestChat> {
  const host = await api.client.createCharacter('Mira', 'Keeps a lighthouse.');
  const guest = await api.client.createCharacter('Tomas', 'A ferryman.');
  const { body } = await api.client.send<Chat>('POST', '/v1/chats', {
    kind: 'narrative',
    hostId: host.id,
    guestId: guest.id,
    scene: { container: 'the lamp room' },
    ...more,
  });
  return { chat: body, path: `/v1/chats/${body.id}`, hostId: host.id, guestId: guest.id };
}

/** Appends events as a turn's steps would, or, without a turn, as a request does. */
export function append(api: TestApi, chatId: string, turnId: string | null, ...events: NewEvent[]) {
  return transaction(api.database.pool, async (tx) => {
    await lockChat(tx, chatId);
    return appendEvents(tx, { chatId, turnId, step: `test:${newId('evt')}` }, events);
  });
}
