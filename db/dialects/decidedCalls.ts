import type { Db } from '../core/pool.js';

/** A person's decision about a tool call. */
export type Decision = { callId: string; approved: boolean; comment: string | null };

/** What people have decided about the calls of a turn; the calls need not have run yet. */
export async function readDecisions(db: Db, turnId: string): Promise<Decision[]> {
  const { rows } = await db.query<Decision>(
    `select call_id as "callId", approved, comment from tool_calls
     where turn_id = $1 and approved is not null order by iteration, position`,
    [turnId],
  );
  return rows;
}
