import type { Db } from '../core/pool.js';
import { inTimeline } from '../timeline/subjects.js';

const isMessage = `e.chat_id = $1 and e.kind in ('user_turn', 'user_turn_edit', 'assistant_turn') and ${inTimeline('e')}`;

/** How many messages the timeline has. */
export async function countMessages(db: Db, chatId: string): Promise<number> {
  const { rows } = await db.query<{ count: number }>(`select count(*) as count from events e where ${isMessage}`, [
    chatId,
  ]);
  return rows[0]!.count;
}

/** The newest message of the timeline, by the order of the log; null while there is none. */
export async function readLastMessage(db: Db, chatId: string): Promise<{ seq: number; at: Date } | null> {
  const { rows } = await db.query<{ seq: number; at: Date }>(
    `select e.seq, e.at from events e where ${isMessage} order by e.seq desc limit 1`,
    [chatId],
  );
  return rows[0] ?? null;
}
