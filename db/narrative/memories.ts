import { type ListSpec, type Page, readPage } from '../core/page.js';
import type { Db } from '../core/pool.js';

/** What the witnesses of a beat remember. */
export type Memory = {
  id: string;
  text: string;
  sceneId: string | null;
  witnesses: string[];
  /** The seq of the user turn that it belongs to. */
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
