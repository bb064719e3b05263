import type { Db } from '../core/pool.js';

/** Which tools a turn may use. `callerLevel` is the highest level; `enabledTools` is null for the default. */
export type ToolScope = { callerLevel: number; enabledTools: string[] | null };

/** Reads the tool scope of a turn. Of a deleted turn it allows no tools. */
export async function readToolScope(db: Db, turnId: string): Promise<ToolScope> {
  const { rows } = await db.query<ToolScope>(
    `select t.caller_level as "callerLevel", coalesce(t.settings, ch.settings)->'enabledTools' as "enabledTools"
     from turns t join chats ch on ch.id = t.chat_id where t.id = $1`,
    [turnId],
  );
  return rows[0] ?? { callerLevel: 1, enabledTools: [] };
}
