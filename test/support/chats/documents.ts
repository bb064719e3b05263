import type { Chat, Turn } from '../../../client/src/index.js';
import { proposeChanges } from '../../../db/documents/proposeChanges.js';
import { landReply } from '../../../db/streaming/landReply.js';
import { acquireReplyLease } from '../../../db/streaming/leases.js';
import { finishTurn } from '../../../db/turns/finish.js';
import type { TestApi } from '../service/api.js';

export type DocumentResource = { id: string; title: string; body: string; version: number };

/** A block that proposes an edit, as models write it. */
export const block = (original: string, proposed: string, reason = 'Better.') =>
  `<change><original>${original}</original><proposed>${proposed}</proposed><reason>${reason}</reason></change>`;

/** A document with a thread, in which replies land without a worker. */
export async function newThread(api: TestApi, body: string, documentId?: string) {
  const { send } = api.client;
  const document = documentId
    ? { id: documentId }
    : (await send<DocumentResource>('POST', '/v1/documents', { title: 'Tale', body })).body;
  const { body: chat } = await send<Chat>('POST', '/v1/chats', { kind: 'document', documentId: document.id });
  const { pool } = api.database;

  /** Posts a turn whose reply is `text`; gives its id. */
  async function reply(text: string): Promise<string> {
    const { body: posted } = await send<{ turn: Turn }>('POST', `/v1/chats/${chat.id}/turns`, {
      text: 'Edit.',
    });
    const key = { turnId: posted.turn.id, beat: 0 };
    const draft = await acquireReplyLease(pool, key, { speakerId: 'assistant' });
    if (draft.state !== 'held') throw new Error(`the draft is ${draft.state}`);
    await landReply(pool, key, draft.fence, { text, truncated: false, model: 'm' });
    await proposeChanges(pool, key.turnId);
    await finishTurn(pool, key.turnId, { status: 'completed' });
    return key.turnId;
  }

  return { documentId: document.id, chat, path: `/v1/documents/${document.id}`, reply };
}
