import { type ProposedChange, parseChangeBlocks } from '../../domain/documents/changeBlocks.js';
import type { Tx } from '../core/pool.js';
import type { Handler } from './handler.js';

/**
 * The changes that an event of the same log proposes: the change blocks of a reply, or the arguments of a tool call.
 */
async function readProposed(tx: Tx, chatId: string, seq: number, count: number): Promise<ProposedChange[]> {
  const { rows } = await tx.query<{ kind: string; data: { text?: string; arguments?: unknown } }>(
    'select kind, data from events where chat_id = $1 and seq = $2',
    [chatId, seq],
  );
  const event = rows[0];
  if (event?.kind === 'assistant_turn') return parseChangeBlocks(event.data.text ?? '', count);
  if (event?.kind !== 'tool_call_start' && event?.kind !== 'subagent_tool_call_start') return [];
  const { original, proposed, reason } = (event.data.arguments ?? {}) as Partial<ProposedChange>;
  return [{ original: String(original), proposed: String(proposed), reason: String(reason) }];
}

export const proposeChanges: Handler<'changes_proposed'> = async (tx, chatId, { seq, data }) => {
  const proposed = await readProposed(tx, chatId, data.messageSeq, data.changeIds.length);
  await tx.query(
    `insert into changes (chat_id, id, document_id, state, original, proposed, reason, message_seq, proposed_seq, position)
     select $1, c.id, ch.document_id, 'pending', c.original, c.proposed, c.reason, $6, $7, c.position
     from chats ch, unnest($2::text[], $3::text[], $4::text[], $5::text[]) with ordinality
       as c(id, original, proposed, reason, position)
     where ch.id = $1 and ch.document_id is not null and c.id is not null and c.original is not null`,
    [
      chatId,
      data.changeIds,
      proposed.map(({ original }) => original),
      proposed.map((change) => change.proposed),
      proposed.map(({ reason }) => reason),
      data.messageSeq,
      seq,
    ],
  );
};

const settle = (state: 'accepted' | 'declined') => (tx: Tx, chatId: string, event: { data: { changeId: string } }) =>
  tx.query('update changes set state = $3, stale_since = null where chat_id = $1 and id = $2', [
    chatId,
    event.data.changeId,
    state,
  ]);

export const acceptChange: Handler<'change_accepted'> = settle('accepted');
export const declineChange: Handler<'change_declined'> = settle('declined');

export const markChangeStale: Handler<'change_stale'> = (tx, chatId, { at, data }) =>
  tx.query("update changes set stale_since = $3 where chat_id = $1 and id = $2 and state = 'pending'", [
    chatId,
    data.changeId,
    at,
  ]);
