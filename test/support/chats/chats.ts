import { newId } from '../../../db/core/ids.js';
import { type Pool, transaction } from '../../../db/core/pool.js';
import { appendEvents } from '../../../db/timeline/log.js';
import type { Claim, ClaimRequest } from '../../../db/turns/claim.js';
import { claimTurn } from '../../../db/turns/claim.js';

export const owner = 'local';

/** A narrative chat with a host, as the api makes it. */
export async function seedChat(pool: Pool, of = owner): Promise<{ chatId: string; hostId: string }> {
  const [chatId, hostId] = [newId('chat'), newId('chr')];
  await transaction(pool, async (tx) => {
    await tx.query(
      "insert into characters (id, owner, name, persona) values ($1, $2, 'Mira', 'A patient cartographer.')",
      [hostId, of],
    );
    await tx.query("insert into chats (id, owner, kind, host_id) values ($1, $2, 'narrative', $3)", [
      chatId,
      of,
      hostId,
    ]);
    await appendEvents(tx, { chatId, turnId: null, step: 'create' }, [
      { kind: 'chat_created', data: { kind: 'narrative', title: null } },
      { kind: 'scene_opened', data: { sceneId: newId('scn'), container: 'the harbour' } },
    ]);
  });
  return { chatId, hostId };
}

export function claim(pool: Pool, chatId: string, more: Partial<ClaimRequest> = {}): Promise<Claim> {
  return claimTurn(pool, {
    chatId,
    owner,
    text: 'Where does the river go?',
    whenBusy: 'enqueue',
    whenFailed: 'fail',
    requestHash: 'same',
    ...more,
  });
}
