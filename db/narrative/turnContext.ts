import type { ChatState, Person, SpokenLine, TurnContext } from '../../domain/classifiers/classifier.js';
import { stripOoc } from '../../domain/narrative/ooc.js';
import type { Db } from '../core/pool.js';
import { readEdges } from './edges.js';

/** Most lines of dialogue before the turn that classifiers get. */
const DIALOGUE_LINES = 20;
/** Most lines of a scene from which its summary is made. */
const SCENE_LINES = 200;

type Head = {
  chatId: string;
  userTurnSeq: number;
  hostId: string;
  hostName: string;
  hostPersona: string;
  guestId: string | null;
  guestName: string;
  guestPersona: string;
  youName: string | null;
  youPersona: string | null;
  text: string | null;
  at: Date;
};

/**
 * Reads what the classifiers of a turn get: people, dialogue, the scene, edges, story events and memories. With
 * `sceneId` it is about that scene, with all of its lines. Null when the turn, its chat or its host was deleted.
 */
export async function readTurnContext(db: Db, turnId: string, sceneId?: string | null): Promise<TurnContext | null> {
  const head = await readHead(db, turnId);
  if (!head) return null;
  const { chatId, userTurnSeq } = head;
  const [scene, beats, dialogue, edges, story, memories] = await Promise.all([
    readScene(db, chatId, sceneId),
    readBeats(db, chatId, turnId),
    readLines(db, chatId, { beforeSeq: userTurnSeq, fromSeq: 0, limit: DIALOGUE_LINES }),
    readEdges(db, chatId),
    readStory(db, chatId),
    readMemories(db, chatId, turnId),
  ]);
  return {
    chatId,
    turnId,
    userTurnSeq,
    at: head.at.toISOString(),
    you: { id: 'you', name: head.youName ?? 'you', persona: head.youPersona ?? '' },
    host: { id: head.hostId, name: head.hostName, persona: head.hostPersona },
    guest: guestOf(head),
    prose: stripOoc(head.text ?? ''),
    beats,
    dialogue,
    scene: scene && { sceneId: scene.sceneId, container: scene.container },
    edges,
    storyEvents: story,
    memories,
    // Only calls about a scene, which name it, need all of its lines.
    sceneBeats:
      scene && sceneId
        ? await readLines(db, chatId, { beforeSeq: null, fromSeq: scene.openedSeq, limit: SCENE_LINES })
        : [],
  };
}

/** Reads the input for the summary of a scene that no turn closed. Null when the chat or its host was deleted. */
export async function readSceneContext(db: Db, chatId: string, sceneId: string): Promise<TurnContext | null> {
  const { rows } = await db.query<{ turnId: string }>(
    'select id as "turnId" from turns where chat_id = $1 order by user_turn_seq desc limit 1',
    [chatId],
  );
  const context = rows[0] && (await readTurnContext(db, rows[0].turnId, sceneId));
  return context ? { ...context, prose: '', beats: [], memories: [] } : null;
}

async function readHead(db: Db, turnId: string): Promise<Head | null> {
  const { rows } = await db.query<Head>(
    `select t.chat_id as "chatId", t.user_turn_seq as "userTurnSeq", h.id as "hostId", h.name as "hostName",
            h.persona as "hostPersona", g.id as "guestId", g.name as "guestName", g.persona as "guestPersona",
            y.name as "youName", y.persona as "youPersona", t.created_at as at,
            coalesce(t.edit_text, (select e.data->>'text' from events e
              where e.chat_id = t.chat_id and e.turn_id = t.prose_id and e.kind in ('user_turn', 'user_turn_edit')
              order by e.seq limit 1)) as text
     from turns t
     join chats ch on ch.id = t.chat_id
     join characters h on h.id = ch.host_id
     left join characters g on g.id = ch.guest_id
     left join you y on y.owner = t.owner
     where t.id = $1`,
    [turnId],
  );
  return rows[0] ?? null;
}

const guestOf = (head: Head): Person | null =>
  head.guestId ? { id: head.guestId, name: head.guestName, persona: head.guestPersona } : null;

async function readScene(db: Db, chatId: string, sceneId: string | null | undefined) {
  const { rows } = await db.query<{ sceneId: string; container: string; openedSeq: number }>(
    `select id as "sceneId", container, opened_seq as "openedSeq" from scenes
     where chat_id = $1 and case when $2::text is null then closed_seq is null else id = $2 end
     order by opened_seq desc limit 1`,
    [chatId, sceneId ?? null],
  );
  return rows[0] ?? null;
}

async function readBeats(db: Db, chatId: string, turnId: string): Promise<TurnContext['beats']> {
  const { rows } = await db.query<{ beat: number; speakerId: string; text: string; at: Date }>(
    `select (data->>'beat')::integer as beat, data->>'speakerId' as "speakerId", data->>'text' as text, at
     from events where chat_id = $1 and turn_id = $2 and kind = 'assistant_turn' order by seq`,
    [chatId, turnId],
  );
  return rows.map((row) => ({ ...row, at: row.at.toISOString() }));
}

/**
 * Lines of the timeline in the order of their turns, oldest first, including cancelled and failed turns. Queued turns
 * are left out. The speaker of user turns is `you`; their out-of-character text is removed.
 */
async function readLines(
  db: Db,
  chatId: string,
  range: { beforeSeq: number | null; fromSeq: number; limit: number },
): Promise<SpokenLine[]> {
  const { rows } = await db.query<SpokenLine>(
    `select coalesce(e.data->>'speakerId', 'you') as "speakerId", e.data->>'text' as text
     from events e join turns t on t.id = e.turn_id
     where e.chat_id = $1 and e.kind in ('user_turn', 'user_turn_edit', 'assistant_turn')
       and e.hidden_by is null and e.superseded_by is null and e.seq > $3
       and ($2::integer is null or t.user_turn_seq < $2) and t.status <> 'queued' and e.data->>'text' <> ''
     order by t.user_turn_seq desc, (e.kind = 'assistant_turn') desc, e.seq desc limit $4`,
    [chatId, range.beforeSeq, range.fromSeq, range.limit],
  );
  const lines = rows.reverse().map((row) => (row.speakerId === 'you' ? { ...row, text: stripOoc(row.text) } : row));
  return lines.filter((line) => line.text !== '');
}

async function readMemories(db: Db, chatId: string, turnId: string): Promise<TurnContext['memories']> {
  const { rows } = await db.query<{ step: string; memoryId: string; text: string }>(
    `select step, data->>'memoryId' as "memoryId", data->>'text' as text from events
     where chat_id = $1 and turn_id = $2 and kind = 'memory_written' and n = 0 order by seq`,
    [chatId, turnId],
  );
  return rows.map(({ step, ...memory }) => ({ ...memory, beat: Number(step.split(':').at(-1)) }));
}

/** The chat's open story events. */
async function readStory(db: Db, chatId: string) {
  const { rows } = await db.query<ChatState['storyEvents'][number] & { title: string; description: string }>(
    `select id as "eventId", title, description, status, artifacts from story_events
     where chat_id = $1 and status in ('planned', 'active') order by planned_seq`,
    [chatId],
  );
  return rows;
}

/** Reads the state to which an answer is applied. The caller holds the chat's lock. */
export async function readChatState(db: Db, chatId: string): Promise<ChatState> {
  const pinned = await db.query<ChatState['pinned'][number]>(
    `select id as "memoryId", significance, pinned_seq as "pinnedSeq", witnesses from memories
     where chat_id = $1 and pinned_seq is not null order by pinned_seq`,
    [chatId],
  );
  const scene = await readScene(db, chatId, null);
  return {
    pinned: pinned.rows,
    storyEvents: (await readStory(db, chatId)).map(({ eventId, status, artifacts }) => ({
      eventId,
      status,
      artifacts,
    })),
    openScene: scene && { sceneId: scene.sceneId },
  };
}
