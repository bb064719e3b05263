import type { Tx } from '../core/pool.js';
import type { Handler } from './handler.js';

export const beginSummary: Handler<'chat_created'> = (tx, chatId) =>
  tx.query('insert into chat_summaries (chat_id, message_count) values ($1, 0) on conflict do nothing', [chatId]);

export const countSummarizedMessage = (tx: Tx, chatId: string, event: { at: string }) =>
  tx.query(
    `insert into chat_summaries (chat_id, message_count, last_message_at) values ($1, 1, $2)
     on conflict (chat_id) do update
       set message_count = chat_summaries.message_count + 1, last_message_at = excluded.last_message_at`,
    [chatId, event.at],
  );
