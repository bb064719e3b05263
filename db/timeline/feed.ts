import type { AgentStep, ChatEvent } from '../../domain/log/events.js';
import type { Channel } from '../../domain/log/frames.js';
import { ASSISTANT } from '../../domain/narrative/participants.js';
import { type AttemptsBefore, type RestartReason, restartReasonOf } from '../../domain/turns/restartReasons.js';
import { readSteps } from '../agents/agentSteps.js';
import type { Db } from '../core/pool.js';
import { eventBytes, toChatEvent } from './log.js';

/** What the gateway reads to serve the viewers of chats. */
export type ChatHead = {
  chatId: string;
  owner: string;
  seq: number;
  /** The turn that holds the floor, and those that wait for an operator. */
  openTurns: string[];
};

/** The newest seq and the open turns of the chats, without those that do not exist. */
export async function readChatHeads(db: Db, chatIds: string[]): Promise<ChatHead[]> {
  const { rows } = await db.query<ChatHead>(
    `select c.id as "chatId", c.owner, c.seq, array(
       select t.id from turns t where t.chat_id = c.id and t.status in ('running', 'awaiting_operator') order by t.id
     ) as "openTurns"
     from chats c where c.id = any($1)`,
    [chatIds],
  );
  return rows;
}

/** `epoch` is that of the draft whose text an `assistant_turn` holds, 0 for every other event. */
export type LandedEvent = { event: ChatEvent; epoch: number };

/** A page ends where its data passes this. It has one event at least. */
const maxFeedPageBytes = 1024 * 1024;

/** Events after a cursor, hidden and superseded ones too: a viewer's seqs have no gaps. */
export async function readFeedEvents(
  db: Db,
  chatId: string,
  range: { after: number; upTo: number; limit: number },
): Promise<LandedEvent[]> {
  const { rows } = await db.query(
    `with page as (
       select seq, kind, turn_id, at, data, superseded_by, hidden_by,
         sum(${eventBytes}) over (order by seq) - ${eventBytes} as before
       from events where chat_id = $1 and seq > $2 and seq <= $3 order by seq limit $4
     )
     select p.seq, p.kind, p.turn_id, p.at, p.data, p.superseded_by, p.hidden_by, coalesce(d.epoch, 0) as epoch
     from page p
     left join drafts d on p.kind = 'assistant_turn' and d.turn_id = p.turn_id and d.beat = (p.data->>'beat')::integer
     where p.before < $5 order by p.seq`,
    [chatId, range.after, range.upTo, range.limit, maxFeedPageBytes],
  );
  return rows.map((row) => ({ event: toChatEvent(row), epoch: row.epoch }));
}

export type DraftState = {
  chatId: string;
  turnId: string;
  beat: number;
  speakerId: string;
  fence: number;
  epoch: number;
  /** Why the newest attempt writes another draft, if it does. */
  restartReason: RestartReason;
  /** Nothing more is written to it: its reply is in the log, or was dropped. */
  over: boolean;
};

type DraftColumns = Omit<DraftState, 'restartReason'> & AttemptsBefore;

const draftColumns = `d.chat_id as "chatId", d.turn_id as "turnId", d.beat, d.speaker_id as "speakerId", d.fence, d.epoch,
  d.status <> 'streaming' as over, d.on_fallback as "onFallback", d.failures, d.last_error as "lastError",
  d.attempt > 1 and d.ended_attempt is distinct from d.attempt - 1 and d.ended_attempt is distinct from d.attempt as lost`;

function toDraftState({ lost, onFallback, failures, lastError, ...draft }: DraftColumns): DraftState {
  return { ...draft, restartReason: restartReasonOf({ lost, onFallback, failures, lastError }) };
}

/** The replies in flight of some chats. */
export async function readDraftsInFlight(db: Db, chatIds: string[]): Promise<DraftState[]> {
  const { rows } = await db.query<DraftColumns>(
    `select ${draftColumns} from drafts d where d.chat_id = any($1) and d.status = 'streaming'`,
    [chatIds],
  );
  return rows.map(toDraftState);
}

/** How many of the newest events are searched for replies whose last tokens may still be on the wire. */
const recentEvents = 50;

/** The replies of a chat that ended among its newest events. */
export async function readDraftsJustOver(db: Db, chatId: string, seq: number): Promise<DraftState[]> {
  const { rows } = await db.query<DraftColumns>(
    `select ${draftColumns} from drafts d
     where d.status <> 'streaming' and d.turn_id in (select turn_id from events where chat_id = $1 and seq > $2)`,
    [chatId, seq - recentEvents],
  );
  return rows.map(toDraftState);
}

/** How much of a draft the caller has, in UTF-16 code units of each channel. */
export type DraftWant = { turnId: string; beat: number; epoch: number; text: number; thinking: number };
export type DraftPiece = { channel: Channel; offset: number; text: string };
export type DraftMore = DraftState & { pieces: DraftPiece[]; steps: { step: AgentStep; offset: number | null }[] };

/**
 * The checkpointed text of each draft beyond what the caller has; all of it when the draft's epoch is a newer one. Also
 * reads the piece in which the caller's text ends.
 */
export async function readCheckpoints(db: Db, wants: DraftWant[]): Promise<DraftMore[]> {
  const { rows } = await db.query<DraftColumns & { channel: Channel | null; offset: number; text: string }>(
    `with wanted as (
       select * from unnest($1::text[], $2::integer[], $3::integer[], $4::integer[], $5::integer[])
         as w(turn_id, beat, epoch, text_length, thinking_length)
     ), draft as (
       select d.*, c.channel,
         case when d.epoch > w.epoch then 0 when c.channel = 'text' then w.text_length else w.thinking_length end as wanted
       from wanted w join drafts d using (turn_id, beat), unnest('{thinking,text}'::text[]) as c(channel)
     ), start as (
       select d.*, coalesce((
         select max(k."offset") from draft_chunks k
         where k.turn_id = d.turn_id and k.beat = d.beat and k.epoch = d.epoch and k.channel = d.channel
           and k."offset" <= d.wanted), 0) as since
       from draft d
     )
     select ${draftColumns}, k.channel, k."offset", k.text
     from start d left join draft_chunks k
       on k.turn_id = d.turn_id and k.beat = d.beat and k.epoch = d.epoch and k.channel = d.channel
       and k."offset" >= d.since
     order by d.turn_id, d.beat, d.channel, k."offset"`,
    [
      wants.map((want) => want.turnId),
      wants.map((want) => want.beat),
      wants.map((want) => want.epoch),
      wants.map((want) => want.text),
      wants.map((want) => want.thinking),
    ],
  );
  const found = new Map<string, DraftMore>();
  for (const { channel, offset, text, ...columns } of rows) {
    const key = `${columns.turnId}:${columns.beat}`;
    const draft = found.get(key) ?? { ...toDraftState(columns), pieces: [], steps: [] };
    found.set(key, draft);
    if (channel) draft.pieces.push({ channel, offset, text });
  }
  await readStepsOf(db, [...found.values()]);
  return [...found.values()];
}

/** Read after the text: a step is stored before its first token, so that each text that was read has its steps. */
async function readStepsOf(db: Db, drafts: DraftMore[]): Promise<void> {
  const agents = drafts.filter(({ speakerId }) => speakerId === ASSISTANT.id);
  if (agents.length === 0) return;
  for (const { turnId, step, offset } of await readSteps(
    db,
    agents.map((draft) => draft.turnId),
  )) {
    agents.find((draft) => draft.turnId === turnId)?.steps.push({ step, offset });
  }
}

/** Whether the turn is one of the chat's. */
export async function isTurnOf(db: Db, turnId: string, chatId: string): Promise<boolean> {
  const { rowCount } = await db.query('select 1 from turns where id = $1 and chat_id = $2', [turnId, chatId]);
  return rowCount === 1;
}
