import type { ChatState } from '../../domain/classifiers/classifier.js';
import type { NewEvent } from '../../domain/log/events.js';
import { type Db, type Pool, transaction } from '../core/pool.js';
import { appendEvents, lockChat } from '../timeline/log.js';
import { readChatState } from './turnContext.js';

/** A summary of a scene, from the point of view of the character `povId`. */
export type SummaryKey = { chatId: string; sceneId: string; povId: string };

/**
 * The key of a summary that belongs to no turn: one for each closing and point of view. Null while the scene is open.
 */
async function causeOf(db: Db, { chatId, sceneId, povId }: SummaryKey) {
  const { rows } = await db.query<{ closedSeq: number | null }>(
    'select closed_seq as "closedSeq" from scenes where chat_id = $1 and id = $2',
    [chatId, sceneId],
  );
  const closedSeq = rows[0]?.closedSeq;
  return closedSeq ? { chatId, turnId: null, step: `scene_summary:${sceneId}:${povId}:${closedSeq}` } : null;
}

async function isAppended(db: Db, cause: { chatId: string; step: string }): Promise<boolean> {
  const { rows } = await db.query('select 1 from events where chat_id = $1 and turn_id is null and step = $2', [
    cause.chatId,
    cause.step,
  ]);
  return rows.length > 0;
}

/** Whether no summary is needed: it is in the log, or the scene is open again. */
export async function isSummarized(db: Db, key: SummaryKey): Promise<boolean> {
  const cause = await causeOf(db, key);
  return cause === null || (await isAppended(db, cause));
}

/** Appends the summary that `decide` returns, once, if the scene is still closed. */
export function appendSummary(pool: Pool, key: SummaryKey, decide: (state: ChatState) => NewEvent[]): Promise<void> {
  return transaction(pool, async (tx) => {
    if (!(await lockChat(tx, key.chatId))) return;
    const cause = await causeOf(tx, key);
    if (!cause || (await isAppended(tx, cause))) return;
    await appendEvents(tx, cause, decide(await readChatState(tx, key.chatId)));
  });
}
