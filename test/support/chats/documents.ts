import type { Chat, Turn } from '../../../client/src/index.js';
import { createChat } from '../../../db/chats/newChat.js';
import { transaction } from '../../../db/core/pool.js';
import { proposeChanges } from '../../../db/documents/proposeChanges.js';
import { proposeEdit } from '../../../db/documents/proposeEdit.js';
import { landReply } from '../../../db/streaming/landReply.js';
import { acquireReplyLease } from '../../../db/streaming/leases.js';
import { appendEvents, lockChat } from '../../../db/timeline/log.js';
import { finishTurn } from '../../../db/turns/finish.js';
import type { Anchor } from '../../../domain/documents/anchor.js';
import type { TestApi } from '../service/api.js';
import { claim, owner } from './chats.js';

export type DocumentResource = { id: string; title: string; body: string; version: number };

/** A block that proposes an edit, as models write it. */
export const block = (original: string, proposed: string, reason = 'Better.') =>
  `<change><original>${original}</original><proposed>${proposed}</proposed><reason>${reason}</reason></change>`;

/** A document with a thread, in which replies land without a worker. */
export async function newThread(api: TestApi, body: string, documentId?: string, anchor?: Anchor) {
  const { send } = api.client;
  const document = documentId
    ? { id: documentId }
    : (await send<DocumentResource>('POST', '/v1/documents', { title: 'Tale', body })).body;
  const { body: chat } = await send<Chat>('POST', '/v1/chats', { kind: 'document', documentId: document.id, anchor });
  const { pool } = api.database;

  /** Posts a turn whose reply is `text`; gives its id. `beforeLanding` runs while the reply streams. */
  async function reply(text: string, { beforeLanding }: { beforeLanding?(): Promise<unknown> } = {}): Promise<string> {
    const { body: posted } = await send<{ turn: Turn }>('POST', `/v1/chats/${chat.id}/turns`, {
      text: 'Edit.',
    });
    const key = { turnId: posted.turn.id, beat: 0 };
    const draft = await acquireReplyLease(pool, key, { speakerId: 'assistant' });
    if (draft.state !== 'held') throw new Error(`the draft is ${draft.state}`);
    await beforeLanding?.();
    await landReply(pool, key, draft.fence, { text, truncated: false, model: 'm' });
    await proposeChanges(pool, key.turnId);
    await finishTurn(pool, key.turnId, { status: 'completed' });
    return key.turnId;
  }

  return { documentId: document.id, chat, path: `/v1/documents/${document.id}`, reply };
}

/** Calls `propose_edit` in an agent's chat about a document, without a worker. Returns what the model reads. */
export async function callProposeEdit({ database: { pool } }: TestApi, documentId: string, edit: object) {
  const agent = await createChat(pool, owner, { kind: 'agent', title: null, documentId, settings: {} });
  const { turn } = await claim(pool, agent.id);
  await transaction(pool, async (tx) => {
    await lockChat(tx, agent.id);
    const cause = { chatId: agent.id, turnId: turn.id, step: 'tool:call_0_0' };
    const data = { id: 'call_0_0', name: 'propose_edit', arguments: edit };
    await appendEvents(tx, cause, [{ kind: 'tool_call_start', data }]);
  });
  const { original } = edit as { original: string };
  return proposeEdit(pool, { turnId: turn.id, callId: 'call_0_0' }, { original });
}
