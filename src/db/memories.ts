import type { Db } from './pool.js';

/** What those who were there remember of a beat. */
export type Memory = {
  id: string;
  text: string;
  sceneId: string | null;
  witnesses: string[];
  /** The seq of the user turn that it is of. */
  chatClock: number;
  /** 0 to 3; null until it is scored. */
  significance: number | null;
  pinned: boolean;
  /** The seq of the event that wrote it. */
  seq: number;
  at: Date;
};

/** The chat's memories that were written after a seq, oldest first. */
export async function listMemories(db: Db, chatId: string, page: { after: number; limit: number }): Promise<Memory[]> {
  const { rows } = await db.query<Memory>(
    `select id, text, scene_id as "sceneId", witnesses, chat_clock as "chatClock", significance,
            pinned_seq is not null as pinned, written_seq as seq, written_at as at
     from memories where chat_id = $1 and written_seq > $2 order by written_seq limit $3`,
    [chatId, page.after, page.limit],
  );
  return rows;
}
