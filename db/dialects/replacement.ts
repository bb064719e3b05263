import type { Replacement } from '../../domain/timeline/replaced.js';
import type { Db } from '../core/pool.js';

/** What a turn replaces when its reply lands; null if it makes no reply again. */
export async function readReplacement(db: Db, turnId: string): Promise<Replacement | null> {
  const { rows } = await db.query<{ text: string | null; turnIds: string[] }>(
    `select t.edit_text as text,
       array(select v.id from turns v where v.chat_id = t.chat_id and v.user_turn_seq = t.user_turn_seq) as "turnIds"
     from turns t where t.id = $1 and t.regenerates is not null`,
    [turnId],
  );
  return rows[0] ? { text: rows[0].text, turnIds: new Set(rows[0].turnIds) } : null;
}
