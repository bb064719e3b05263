import type { Attachment } from '../../domain/attachments/attachment.js';
import type { ChatState, Person, SpokenLine, TurnContext } from '../../domain/classifiers/classifier.js';
import type { Edge } from '../../domain/narrative/edge.js';
import { stripOoc } from '../../domain/narrative/ooc.js';
import { ASSISTANT } from '../../domain/narrative/participants.js';
import { replacePersonaMacros } from '../../domain/narrative/personas.js';
import { chatLimits } from '../../domain/timeline/chatLimits.js';
import type { Db } from '../core/pool.js';
import { isLine, lastLinesFirst, lineOf } from '../timeline/lines.js';
import { attachmentsOfTurn } from '../timeline/promptHistory.js';
import { edgesColumn, edgesOf } from './edges.js';

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
  attachments: Attachment[] | null;
  at: Date;
};

/**
 * Reads what the classifiers of a turn get: people, dialogue, the scene, edges, story events and memories. With
 * `sceneId` it is about that scene, with all of its lines. Where a chat has no host, the assistant is the host. Null when
 * the turn, its chat or its host was deleted.
 */
export async function readTurnContext(db: Db, turnId: string, sceneId?: string | null): Promise<TurnContext | null> {
  const head = await readHead(db, turnId);
  if (!head) return null;
  const { chatId, userTurnSeq } = head;
  const { scene, story, beats, memories, edges, dialogue } = await readRest(db, head, turnId, sceneId);
  return {
    chatId,
    turnId,
    userTurnSeq,
    at: head.at.toISOString(),
    ...replacePersonaMacros({
      you: { id: 'you', name: head.youName ?? 'you', persona: head.youPersona ?? '' },
      host: { id: head.hostId, name: head.hostName, persona: head.hostPersona },
      guest: guestOf(head),
    }),
    prose: stripOoc(head.text ?? ''),
    attachments: head.attachments ?? [],
    beats,
    dialogue,
    scene: scene && { sceneId: scene.sceneId, container: scene.container },
    edges,
    storyEvents: story,
    memories,
    // Only calls about a scene, which name it, need all of its lines.
    sceneBeats: scene && sceneId ? await readSceneLines(db, chatId, scene.openedSeq) : [],
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
    `select t.chat_id as "chatId", t.user_turn_seq as "userTurnSeq", coalesce(h.id, $2) as "hostId",
            coalesce(h.name, $3) as "hostName", coalesce(h.persona, '') as "hostPersona", g.id as "guestId", g.name as "guestName", g.persona as "guestPersona",
            y.name as "youName", y.persona as "youPersona", t.created_at as at,
            coalesce(t.edit_text, (select e.data->>'text' from events e
              where e.chat_id = t.chat_id and e.turn_id = t.prose_id and e.kind in ('user_turn', 'user_turn_edit')
              order by e.seq limit 1)) as text,
            ${attachmentsOfTurn} as attachments
     from turns t
     join chats ch on ch.id = t.chat_id
     left join characters h on h.id = ch.host_id
     left join characters g on g.id = ch.guest_id
     left join you y on y.owner = t.owner
     where t.id = $1 and (h.id is not null or ch.kind <> 'narrative')`,
    [turnId, ASSISTANT.id, ASSISTANT.name],
  );
  return rows[0] ?? null;
}

const guestOf = (head: Head): Person | null =>
  head.guestId ? { id: head.guestId, name: head.guestName, persona: head.guestPersona } : null;

type Scene = { sceneId: string; container: string; openedSeq: number };
type OpenStoryEvent = ChatState['storyEvents'][number] & { title: string; description: string };

/** The scene `$2` of the chat `$1`; the open one where it is null. */
const sceneColumn = `(select jsonb_build_object('sceneId', id, 'container', container, 'openedSeq', opened_seq)
  from scenes where chat_id = $1 and case when $2::text is null then closed_seq is null else id = $2 end
  order by opened_seq desc limit 1) as scene`;

/** More than a chat may have, but for one that was imported by an earlier release. */
const MAX_STORY_EVENTS = 200;

/** The open story events of the chat `$1`. */
const storyColumn = `(select coalesce(jsonb_agg(jsonb_build_object('eventId', id, 'title', title,
    'description', description, 'status', status, 'artifacts', artifacts) order by planned_seq), '[]')
  from (select * from story_events where chat_id = $1 and status in ('planned', 'active') order by planned_seq limit ${MAX_STORY_EVENTS}) s) as story`;

/** The scene of a chat, or the one that is open, and its open story events. */
export async function readSetting(db: Db, chatId: string, sceneId: string | null | undefined) {
  const { rows } = await db.query<{ scene: Scene | null; story: OpenStoryEvent[] }>(
    `select ${sceneColumn}, ${storyColumn}`,
    [chatId, sceneId ?? null],
  );
  return rows[0]!;
}

type Rest = { scene: Scene | null; story: OpenStoryEvent[]; edges: Edge[]; own: OwnEvent[]; lines: LineRow[] };

/** All but the head, in one statement: each classifier of a turn reads it. */
async function readRest(db: Db, { chatId, userTurnSeq }: Head, turnId: string, sceneId: string | null | undefined) {
  const { rows } = await db.query<Rest>(
    `select ${sceneColumn}, ${storyColumn}, ${edgesColumn} as edges, ${ownEventsColumn} as own,
       (select coalesce(jsonb_agg(l), '[]') from (${linesBefore('$4')}) l) as lines`,
    [chatId, sceneId ?? null, turnId, userTurnSeq],
  );
  const { scene, story, edges, own, lines } = rows[0]!;
  return { scene, story, edges: edgesOf(edges), dialogue: oldestFirst(lines), ...splitOwn(own) };
}

/** The replies of the turn `$3` of the chat `$1`, and the memories that were written of them. */
const ownEventsColumn = `(select coalesce(jsonb_agg(jsonb_build_object('kind', kind, 'step', step, 'text', data->>'text',
    'at', at, 'beat', (data->>'beat')::integer, 'speakerId', data->>'speakerId', 'memoryId', data->>'memoryId') order by seq), '[]')
  from events where chat_id = $1 and turn_id = $3 and (kind = 'assistant_turn' or kind = 'memory_written' and n = 0))`;

/** The beats of the turn, and the memory that was written of each. */
const splitOwn = (own: OwnEvent[]): Pick<TurnContext, 'beats' | 'memories'> => ({
  beats: own.flatMap((row) =>
    row.kind === 'assistant_turn'
      ? [{ beat: row.beat, speakerId: row.speakerId, text: row.text, at: new Date(row.at).toISOString() }]
      : [],
  ),
  memories: own.flatMap((row) =>
    row.kind === 'memory_written'
      ? [{ memoryId: row.memoryId, text: row.text, beat: Number(row.step.split(':').at(-1)) }]
      : [],
  ),
});

type OwnEvent = { step: string; text: string; at: string } & (
  | { kind: 'assistant_turn'; beat: number; speakerId: string }
  | { kind: 'memory_written'; memoryId: string }
);

/** The speaker of a reply that was added from elsewhere is the host. */
const lineColumns = `case when e.data->>'role' = 'assistant' then (select host_id from chats where id = e.chat_id)
  else coalesce(e.data->>'speakerId', 'you') end as "speakerId", e.data->>'text' as text`;

/** Whether a line is not that of a queued turn. A greeting has no turn. */
const isNotQueued = "t.status is distinct from 'queued'";

type LineRow = SpokenLine & { attachments?: Attachment[] | null };

/** The last lines of the timeline of the chat `$1` before a seq, newest first. */
const linesBefore = (seq: string) => `select ${lineColumns}, e.data->'attachments' as attachments
  from events e left join turns t on t.id = e.turn_id
  where ${isLine('e')} and e.chat_id = $1 and ${lineOf('e')} < ${seq} and ${isNotQueued} and e.data->>'text' <> ''
  order by ${lastLinesFirst('e')} limit ${DIALOGUE_LINES}`;

/**
 * The last lines of the timeline before a turn, oldest first, including those of cancelled and failed turns. Queued turns
 * are left out. The speaker of user turns is `you`; their out-of-character text is removed.
 */
export async function readDialogue(db: Db, chatId: string, beforeSeq: number): Promise<SpokenLine[]> {
  const { rows } = await db.query<LineRow>(linesBefore('$2'), [chatId, beforeSeq]);
  return oldestFirst(rows);
}

/**
 * The same since a scene was opened. The order of lines differs from that of the log only where turns were queued, which
 * are few: so the last lines are among the last events.
 */
async function readSceneLines(db: Db, chatId: string, openedSeq: number): Promise<SpokenLine[]> {
  const { rows } = await db.query<LineRow>(
    `select ${lineColumns} from (
       select * from events e
       where ${isLine('e')} and e.chat_id = $1 and e.seq > $2 order by e.seq desc limit ${SCENE_LINES + 2 * chatLimits.queued}
     ) e left join turns t on t.id = e.turn_id
     where ${isNotQueued} and e.data->>'text' <> ''
     order by ${lastLinesFirst('e')} limit ${SCENE_LINES}`,
    [chatId, openedSeq],
  );
  return oldestFirst(rows);
}

function oldestFirst(rows: LineRow[]): SpokenLine[] {
  const lines = rows.reverse().map(({ speakerId, text, attachments }) => ({
    speakerId,
    text: speakerId === 'you' ? stripOoc(text) : text,
    ...(attachments ? { attachments } : {}),
  }));
  return lines.filter((line) => line.text !== '');
}

/** Whether a person pinned a memory. A subquery, so that only the events of pins are read. */
const pinnedByHand = `(select e.turn_id is null from events e
  where e.chat_id = memories.chat_id and e.seq = memories.pinned_seq)`;

/** Reads the state to which an answer is applied, in one statement. The caller holds the chat's lock. */
export async function readChatState(db: Db, chatId: string): Promise<ChatState> {
  const { rows } = await db.query<{ scene: Scene | null; story: OpenStoryEvent[]; pinned: ChatState['pinned'] }>(
    `select ${sceneColumn}, ${storyColumn},
       (select coalesce(jsonb_agg(jsonb_build_object('memoryId', id, 'significance', significance,
           'pinnedSeq', pinned_seq, 'witnesses', witnesses, 'byHand', ${pinnedByHand}) order by pinned_seq), '[]')
         from memories where chat_id = $1 and pinned_seq is not null) as pinned`,
    [chatId, null],
  );
  const { scene, story, pinned } = rows[0]!;
  return {
    pinned,
    storyEvents: story.map(({ eventId, status, artifacts }) => ({ eventId, status, artifacts })),
    openScene: scene && { sceneId: scene.sceneId },
  };
}
