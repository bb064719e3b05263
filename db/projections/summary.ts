import type { Tx } from '../core/pool.js';
import type { Moved, Projection } from './handler.js';
import { countMessages, readLastMessage } from './lastMessage.js';

const add = (tx: Tx, chatId: string, count: number, lastAt: string | null) =>
  tx.query(
    `insert into chat_summaries (chat_id, message_count, last_message_at) values ($1, $2, $3)
     on conflict (chat_id) do update
       set message_count = chat_summaries.message_count + excluded.message_count, last_message_at = excluded.last_message_at`,
    [chatId, count, lastAt],
  );

/** By how much the number of messages changes. */
export const countMoved = (moved: Moved[]): number => moved.reduce((sum, { isIn }) => sum + (isIn ? 1 : -1), 0);

/** How many messages a chat has, and when the last one came. */
export const summary: Projection = {
  async project(tx, chatId, events) {
    await add(tx, chatId, events.length, events.at(-1)!.at);
  },
  async count(tx, chatId) {
    const [count, last] = await Promise.all([countMessages(tx, chatId), readLastMessage(tx, chatId)]);
    if (last) await add(tx, chatId, count, last.at.toISOString());
  },
  async refold(tx, chatId, moved) {
    const last = await readLastMessage(tx, chatId);
    await add(tx, chatId, countMoved(moved), last?.at.toISOString() ?? null);
  },
};

/** The first event of a chat makes its row, and no mark moves it. */
export const emptySummary: Projection = {
  async project(tx, chatId) {
    await tx.query('insert into chat_summaries (chat_id, message_count) values ($1, 0) on conflict do nothing', [
      chatId,
    ]);
  },
  async refold() {},
};
