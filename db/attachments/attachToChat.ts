import { type Attachment, isImage, MAX_MESSAGE_BYTES } from '../../domain/attachments/attachment.js';
import type { ChatKind } from '../../domain/turns/turn.js';
import type { Tx } from '../core/pool.js';
import { ChatRefused } from '../core/refused.js';
import { attachmentColumns, toAttachment } from './attachments.js';

type Message = { chatId: string; kind: ChatKind; owner: string; ids: readonly string[] };

/**
 * Attaches the owner's uploads to a message of a chat, in the order of `ids`. Throws `ChatRefused` for an id that the owner
 * does not have, for images where another service answers, and where they are too large together.
 */
export async function attachToChat(tx: Tx, { chatId, kind, owner, ids }: Message): Promise<Attachment[]> {
  if (ids.length === 0) return [];
  // The lock keeps the clean-up from removing them before the transaction commits.
  const { rows } = await tx.query(
    `update attachments a set attached = true
     where a.id in (select id from attachments where id = any($1) and owner = $2 order by id for no key update)
     returning ${attachmentColumns}`,
    [ids, owner],
  );
  const found = new Map(rows.map((row) => [row.id as string, toAttachment(row)]));
  const attached = ids.map((id, n) => {
    const one = found.get(id);
    if (!one) throw new ChatRefused('attachment_not_found', `attachments.${n}`);
    return one;
  });
  if (kind === 'relay' && attached.some(isImage)) throw new ChatRefused('attachments_unsupported', 'attachments');
  if (attached.reduce((sum, { bytes }) => sum + bytes, 0) > MAX_MESSAGE_BYTES)
    throw new ChatRefused('attachments_too_large', 'attachments', MAX_MESSAGE_BYTES);
  await tx.query(
    `insert into chat_attachments (chat_id, attachment_id) select $1, unnest($2::text[]) on conflict do nothing`,
    [chatId, ids],
  );
  return attached;
}

/** Records which attachments the messages of a fork have, once its events are copied. */
export async function attachToFork(tx: Tx, chatId: string, forkId: string): Promise<void> {
  const { rowCount } = await tx.query('select from chat_attachments where chat_id = $1 limit 1', [chatId]);
  if (!rowCount) return;
  await tx.query(
    `insert into chat_attachments (chat_id, attachment_id)
     select $2, c.attachment_id from chat_attachments c
     where c.chat_id = $1 and c.attachment_id in (
       select x->>'id' from events e cross join lateral jsonb_array_elements(e.data->'attachments') x
       where e.chat_id = $2 and e.kind = 'user_turn' and e.data ? 'attachments')`,
    [chatId, forkId],
  );
}

/** Records which attachments of its owner the messages of an imported chat have, once its events are inserted. */
export async function attachToImport(tx: Tx, { chatId, owner }: { chatId: string; owner: string }): Promise<void> {
  await tx.query(
    `with attached as (
       update attachments set attached = true where owner = $2 and id in (
         select x->>'id' from events e cross join lateral jsonb_array_elements(e.data->'attachments') x
         where e.chat_id = $1 and e.kind in ('user_turn', 'user_turn_edit') and e.data ? 'attachments')
       returning id)
     insert into chat_attachments (chat_id, attachment_id) select $1, id from attached`,
    [chatId, owner],
  );
}
