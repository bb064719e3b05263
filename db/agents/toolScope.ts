import type { Db } from '../core/pool.js';

/** What bounds the tools of a turn. `enabledTools` is null where the chat does not say. */
export type ToolScope = { callerLevel: number; enabledTools: string[] | null };

export async function readToolScope(db: Db, turnId: string): Promise<ToolScope> {
  const { rows } = await db.query<ToolScope>(
    `select t.caller_level as "callerLevel", ch.settings->'enabledTools' as "enabledTools"
     from turns t join chats ch on ch.id = t.chat_id where t.id = $1`,
    [turnId],
  );
  return rows[0] ?? { callerLevel: 1, enabledTools: [] };
}
