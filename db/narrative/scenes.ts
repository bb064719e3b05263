import { lockNarrativeChat } from '../chats/lockNarrativeChat.js';
import { newId } from '../core/ids.js';
import { type ListSpec, type Page, readPage } from '../core/page.js';
import { type Db, type Pool, transaction } from '../core/pool.js';
import { ChatRefused } from '../core/refused.js';
import { appendEvents } from '../timeline/log.js';

export type Scene = {
  id: string;
  container: string;
  status: 'open' | 'closed';
  openedSeq: number;
  openedAt: Date;
  endedAt: Date | null;
  /** Summaries by the id of the character whose point of view they have. */
  summaries: Record<string, string>;
};

const columns = `id, container, case when closed_seq is null then 'open' else 'closed' end as status,
  opened_seq as "openedSeq", opened_at as "openedAt", ended_at as "endedAt", summaries`;

const list: ListSpec = {
  columns,
  from: 'scenes',
  where: 'chat_id = $1',
  key: 'opened_seq',
  bytes: 'octet_length(container) + octet_length(summaries::text)',
};

/** A page of the chat's scenes, oldest first. The cursor is the seq of the event that opened a scene. */
export async function listScenes(db: Db, chatId: string, page: Page<number>): Promise<Scene[]> {
  return readPage<Scene>(db, list, chatId, page);
}

/** Opens a scene on a client's request. Throws `ChatRefused`. */
export function openSceneByHand(pool: Pool, owner: string, chatId: string, container: string): Promise<Scene> {
  return transaction(pool, async (tx) => {
    await lockNarrativeChat(tx, owner, chatId);
    if (await readOpenScene(tx, chatId)) throw new ChatRefused('scene_already_open');
    const sceneId = newId('scn');
    await appendEvents(tx, { chatId, turnId: null, step: `scene:${sceneId}` }, [
      { kind: 'scene_opened', data: { sceneId, container } },
    ]);
    return readScene(tx, chatId, sceneId);
  });
}

/** Closes the open scene on a client's request. `endedAt` is ISO 8601 UTC. Throws `ChatRefused`. */
export function closeSceneByHand(pool: Pool, owner: string, chatId: string, endedAt: string): Promise<Scene> {
  return transaction(pool, async (tx) => {
    await lockNarrativeChat(tx, owner, chatId);
    const open = await readOpenScene(tx, chatId);
    if (!open) throw new ChatRefused('no_open_scene');
    // A rewind may reopen a closed scene, which is then closed again. So the scene's id is not enough as a key.
    await appendEvents(tx, { chatId, turnId: null, step: `close:${newId('evt')}` }, [
      { kind: 'scene_closed', data: { sceneId: open.id, endedAt } },
    ]);
    return readScene(tx, chatId, open.id);
  });
}

async function readOpenScene(db: Db, chatId: string): Promise<Scene | null> {
  const { rows } = await db.query<Scene>(
    `select ${columns} from scenes where chat_id = $1 and closed_seq is null order by opened_seq desc limit 1`,
    [chatId],
  );
  return rows[0] ?? null;
}

async function readScene(db: Db, chatId: string, sceneId: string): Promise<Scene> {
  const { rows } = await db.query<Scene>(`select ${columns} from scenes where chat_id = $1 and id = $2`, [
    chatId,
    sceneId,
  ]);
  return rows[0]!;
}
