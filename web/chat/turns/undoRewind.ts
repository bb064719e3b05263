import { service } from '../../data/service.js';
import type { OpenChat } from '../../data/stream/openChat.js';

/** Undoes the chat's rewind, and with it the edit that it was made for. Rejects with `ApiError` or `UnreachableError`. */
export async function undoRewind(chat: OpenChat): Promise<void> {
  const replaced = chat.undoable.peek()?.replaced;
  if (replaced) await service.activateVersion(replaced.by, replaced.turnId);
  await service.undoRewind(chat.id);
}
