import type { Db } from '../core/pool.js';
import { lineOf } from '../timeline/lines.js';
import { inTimeline } from '../timeline/subjects.js';

/** More messages than a client sends in a request. */
const MAX_TEXTS = 10_000;

/** A message of the user in the timeline. `seq`: of its user turn. `turnId`: a version of the reply to it. */
export type UserText = { seq: number; turnId: string; text: string };

/** The user's messages as the timeline has them, in its order. */
export async function readUserTexts(db: Db, chatId: string): Promise<UserText[]> {
  const { rows } = await db.query<UserText>(
    `select distinct on (${lineOf('e')}) ${lineOf('e')} as seq, e.turn_id as "turnId", e.data->>'text' as text
     from events e
     where e.chat_id = $1 and e.kind in ('user_turn', 'user_turn_edit') and e.turn_id is not null and ${inTimeline('e')}
     order by ${lineOf('e')}, e.seq desc limit ${MAX_TEXTS}`,
    [chatId],
  );
  return rows;
}
