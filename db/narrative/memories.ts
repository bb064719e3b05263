import { type ListSpec, type Page, readPage } from '../core/page.js';
import type { Db } from '../core/pool.js';

/** What its witnesses remember: of a beat, or as a person wrote it. */
export type Memory = {
  id: string;
  text: string;
  sceneId: string | null;
  witnesses: string[];
  /** The seq of the user turn that it belongs to; 0 where a person wrote it. */
  chatClock: number;
  /** 0 to 3; null until it is scored. */
  significance: number | null;
  pinned: boolean;
  /** The seq of the event that wrote it. */
  seq: number;
  at: Date;
};

const columns = `id, text, scene_id as "sceneId", witnesses, chat_clock as "chatClock", significance,
  pinned_seq is not null as pinned, written_seq as seq, written_at as at`;

const list: ListSpec = {
  columns,
  from: 'memories',
  where: 'chat_id = $1',
  key: 'written_seq',
  bytes: 'octet_length(text)',
};

/** A page of the chat's memories, oldest first. The cursor is the seq of the event that wrote a memory. */
export async function listMemories(db: Db, chatId: string, page: Page<number>): Promise<Memory[]> {
  return readPage<Memory>(db, list, chatId, page);
}

/** One memory of a chat's timeline; null where there is none with this id. */
export async function readMemory(db: Db, chatId: string, memoryId: string): Promise<Memory | null> {
  const { rows } = await db.query<Memory>(`select ${columns} from memories where chat_id = $1 and id = $2`, [
    chatId,
    memoryId,
  ]);
  return rows[0] ?? null;
}
