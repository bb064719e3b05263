import type { ChatEvent } from '../../domain/log/events.js';
import {
  type CopiedLine,
  type CopyPlan,
  copiedAsItIs,
  copiedSeq,
  copyEvent,
  planCopy,
} from '../../domain/timeline/copy.js';
import { decideFork } from '../../domain/timeline/decideFork.js';
import type { Versions } from '../../domain/timeline/marks.js';
import { keepOneHolder } from '../agents/strategyHolder.js';
import { attachToFork } from '../attachments/attachToChat.js';
import { type Chat, readChat } from '../chats/chats.js';
import { lockOwnChat } from '../chats/lockOwnChat.js';
import { mustBeWithinLimit, type StoredLimit } from '../chats/ownerLimits.js';
import { mustHaveRoomForChat } from '../chats/storedBytes.js';
import { type IdPrefix, newId } from '../core/ids.js';
import { type Pool, type Tx, transaction } from '../core/pool.js';
import { ChatRefused } from '../core/refused.js';
import { CHUNK_SIZE, yieldToEventLoop } from '../core/yieldToEventLoop.js';
import { readFloor } from '../turns/floor.js';
import { belongsUpTo } from './lines.js';
import { type EventRow, eventBytes, toChatEvent } from './log.js';
import { rebuildInTransaction } from './rebuild/rebuild.js';
import { listOf } from './subjects.js';
import { readActiveVersions, readVersionsOfTurns } from './versions/activeVersions.js';

/**
 * `atSeq`: the last event that is copied, or the line (the seq of a user turn) that is the last one with what belongs to it.
 * `maxChats`: how many the owner may have.
 */
export type ForkRequest = {
  chatId: string;
  owner: string;
  atSeq: number | { line: number };
  maxChats?: number | undefined;
} & StoredLimit;

/**
 * Creates a chat that begins as a copy of the timeline up to a point. The copy's turns have ended and have new ids; its
 * log does not refer to the source. Throws `ChatRefused`.
 */
export async function forkChat(
  pool: Pool,
  { chatId, owner, atSeq, maxChats, storedBytes }: ForkRequest,
): Promise<Chat> {
  return transaction(pool, async (tx) => {
    const [chat, floor] = await Promise.all([lockOwnChat(tx, owner, chatId), readFloor(tx, chatId)]);
    const decision = decideFork({ atSeq: typeof atSeq === 'number' ? atSeq : chat.seq }, { chat, ...floor });
    if (decision.action === 'refuse') throw new ChatRefused(decision.code, decision.path);
    await mustBeWithinLimit(tx, 'chats', owner, maxChats);
    const forkId = newId('chat');
    const title = await insertFork(tx, chatId, forkId);
    const turns = await readVersionsOfTurns(tx, chatId);
    const activeOf = await readActiveVersions(tx, chatId, turns);
    const plan = await planCopy(readLines(tx, chatId, atSeq), { turns, activeOf }, yieldToEventLoop);
    const turnIds = await copyTurns(tx, forkId, plan, activeOf);
    await copyEvents(tx, chatId, forkId, { plan, turns, title, turnIds });
    await attachToFork(tx, chatId, forkId);
    await keepOneHolder(tx, forkId, () => rebuildInTransaction(tx, forkId));
    await mustHaveRoomForChat(tx, forkId, storedBytes);
    const fork = await readChat(tx, owner, forkId);
    if (!fork) throw new Error(`chat ${forkId} was not made`);
    return fork;
  });
}

/** Gives each id a new one, always the same for the same id. */
function newIds(prefix: IdPrefix): (id: string) => string {
  const ids = new Map<string, string>();
  return (id) => {
    const known = ids.get(id) ?? newId(prefix);
    ids.set(id, known);
    return known;
  };
}

/** The versions that a person wrote of replies before a point. Their text belongs to the copy, whenever it was written. */
async function readEditedBefore(tx: Tx, chatId: string, upTo: number): Promise<string[]> {
  const { rows } = await tx.query<{ id: string }>(
    `select t.id from turns t where t.chat_id = $1 and t.effects_id is not null and exists (
       select from events o where o.chat_id = $1 and o.turn_id = t.effects_id and o.kind = 'assistant_turn' and o.seq <= $2)`,
    [chatId, upTo],
  );
  return rows.map(({ id }) => id);
}

/** Of an event of a version that a person wrote, the seq of the beat that it is an edit of. */
const editedBeat = `(select o.seq from turns t join events o on o.chat_id = t.chat_id and o.turn_id = t.effects_id
  where t.id = e.turn_id and o.kind = 'assistant_turn' and o.data->'beat' = e.data->'beat' limit 1)`;

/** Reads what decides where copies stand, by pages; no prose. */
async function* readLines(tx: Tx, chatId: string, atSeq: ForkRequest['atSeq']): AsyncGenerator<CopiedLine[]> {
  const [upTo, line] = typeof atSeq === 'number' ? [atSeq, null] : [MAX_SEQ, atSeq.line];
  const edited = await readEditedBefore(tx, chatId, upTo);
  for (let after = 0; ; ) {
    const { rows } = await tx.query<CopiedLine>(
      `select e.seq, e.kind, e.turn_id as "turnId",
         case when e.kind = 'user_turn_edit' then (e.data->>'userTurnSeq')::integer
              when e.kind = 'assistant_turn' and e.turn_id = any($5) then ${editedBeat} end as place
       from events e
       where e.chat_id = $1 and e.seq > $2 and (e.seq <= $3 or e.turn_id = any($5))
         and e.hidden_by is null and e.superseded_by is null
         and ($6::integer is null or ${belongsUpTo('e', '$6')})
       order by e.seq limit $4`,
      [chatId, after, upTo, CHUNK_SIZE, edited, line],
    );
    const last = rows.at(-1);
    if (!last) return;
    yield rows.filter(({ place }) => place === null || place <= upTo);
    after = last.seq;
    await yieldToEventLoop();
  }
}

const MAX_TITLE = 200;
const SUFFIX = ' (fork)';

const MAX_SEQ = 2 ** 31 - 1;

/** The fork's row, and the title it got. */
async function insertFork(tx: Tx, chatId: string, forkId: string): Promise<string | null> {
  const { rows } = await tx.query<{ title: string | null }>(
    `insert into chats (id, owner, kind, title, host_id, guest_id, settings, created_settings, forked_from, document_id, anchor)
     select $2, owner, kind, left(title, $3) || $4, host_id, guest_id, coalesce(created_settings, settings), created_settings, id,
       document_id, anchor from chats where id = $1 returning title`,
    [chatId, forkId, MAX_TITLE - SUFFIX.length, SUFFIX],
  );
  return rows[0]?.title ?? null;
}

/** Inserts a row for each copied turn, as its active version ended. Returns the new ids, by the root in the source. */
async function copyTurns(
  tx: Tx,
  forkId: string,
  { userTurns }: CopyPlan,
  activeOf: (rootId: string) => string,
): Promise<Map<string, string>> {
  const ids = new Map(userTurns.map(({ turnId }) => [turnId, newId('turn')]));
  await tx.query(
    `insert into turns (id, root_id, prose_id, chat_id, owner, kind, status, phase, rank, user_turn_seq, request_hash,
                        when_failed, options, client_functions, error, usage, warnings, created_at, started_at, opened_at, finished_at)
     select c.id, c.id, c.id, $1, t.owner, t.kind,
            case when t.status in ('completed', 'cancelled', 'failed') then t.status else 'completed' end, 'done',
            c.seq, c.seq, t.request_hash, t.when_failed, t.options, t.client_functions, t.error, t.usage, t.warnings, t.created_at, t.started_at,
            t.opened_at, coalesce(t.finished_at, now())
     from unnest($2::text[], $3::text[], $4::integer[]) as c(source_id, id, seq) join turns t on t.id = c.source_id`,
    [
      forkId,
      userTurns.map(({ turnId }) => activeOf(turnId)),
      userTurns.map(({ turnId }) => ids.get(turnId)),
      userTurns.map(({ seq }) => seq),
    ],
  );
  return ids;
}

type Copying = { plan: CopyPlan; turns: Versions; title: string | null; turnIds: Map<string, string> };

/** Events keep the step that caused them. The versions of a reply become one turn, and are numbered on within a step. */
async function copyEvents(
  tx: Tx,
  chatId: string,
  forkId: string,
  { plan, turns, title, turnIds }: Copying,
): Promise<void> {
  const source = { turns, title, changeIdOf: newIds('chg') };
  // The trigger would find the words of each text again: db/migrations/0036_copied_texts.sql.
  await tx.query("select set_config('durable_turns.copies_texts', 'on', true)");
  const numbers = new Map<string, number>();
  for await (const rows of readSources(tx, chatId, plan)) {
    const copied = rows.map((row): Copied => {
      const { seq, kind, turnId, data } = row.event ? copyEvent(row.event, plan, source) : moved(row, plan, turns);
      const copy = { from: row.seq, seq, kind, data: data && JSON.stringify(data), ref: refOf(row, plan) };
      if (turnId === null) return { ...copy, turnId: null, n: row.n };
      const key = `${turnId} ${row.step}`;
      const number = numbers.get(key) ?? 0;
      numbers.set(key, number + 1);
      return { ...copy, turnId: turnIds.get(turnId) ?? null, n: number };
    });
    await insertCopies(tx, chatId, forkId, copied);
    await copyWords(tx, chatId, forkId, copied);
    await yieldToEventLoop();
  }
  await tx.query(
    `update chats set seq = $2, last_event_at = e.at, log_bytes = e.bytes
     from (select max(at) as at, coalesce(sum(${eventBytes}), 0) as bytes from events where chat_id = $1) e
     where id = $1`,
    [forkId, plan.from.length],
  );
}

/** How many events are copied at a time. */
const partEvents = 2_000;

/** `event` is null where Postgres copies the data; then `ref` is the seq in it that differs in the copy, if one does. */
type SourceRow = {
  seq: number;
  kind: string;
  turnId: string | null;
  step: string;
  n: number;
  ref: number | null;
  event: ChatEvent | null;
};
type Copied = {
  from: number;
  seq: number;
  turnId: string | null;
  kind: string;
  n: number;
  ref: number | null;
  data: string | null;
};

const refName = `case e.kind ${Object.entries(copiedSeq)
  .map(([kind, name]) => `when '${kind}' then '${name}'`)
  .join(' ')} end`;

/** The source's events in the order of the copy, in parts. Texts of replies and of users are not read. */
async function* readSources(tx: Tx, chatId: string, { from }: CopyPlan): AsyncGenerator<SourceRow[]> {
  const kept = listOf([...copiedAsItIs, ...Object.keys(copiedSeq)]);
  for (let at = 0; at < from.length; at += partEvents) {
    const { rows } = await tx.query<EventRow & { step: string; n: number; ref: number | null }>(
      `select e.seq, e.kind, e.turn_id, e.at, e.superseded_by, e.hidden_by, e.step, e.n,
         case when e.kind in (${kept}) then null else e.data end as data, (e.data->>${refName})::integer as ref
       from unnest($2::integer[]) with ordinality as w(seq, place) join events e on e.chat_id = $1 and e.seq = w.seq
       where e.seq = any($2::integer[]) order by w.place`,
      [chatId, from.slice(at, at + partEvents)],
    );
    yield rows.map(({ step, n, ref, ...row }) => {
      const known = { seq: row.seq, kind: row.kind, turnId: row.turn_id, step, n, ref };
      return { ...known, event: row.data === null ? null : toChatEvent(row) };
    });
  }
}

/** An event whose data Postgres copies. */
const moved = ({ seq, kind, turnId }: SourceRow, plan: CopyPlan, turns: Versions) => ({
  seq: plan.seqOf.get(seq)!,
  kind,
  turnId: turnId === null ? null : (turns.get(turnId)?.rootId ?? turnId),
  data: null,
});

const refOf = ({ ref }: SourceRow, plan: CopyPlan): number | null => (ref === null ? null : (plan.seqOf.get(ref) ?? 0));

/** Events of an earlier release have no size. */
const sourceBytes = 'coalesce(e.bytes, octet_length(e.data::text))';

async function insertCopies(tx: Tx, chatId: string, forkId: string, copied: Copied[]): Promise<void> {
  await tx.query(
    `insert into events (chat_id, seq, kind, turn_id, step, n, at, data, bytes)
     select $2, c.seq, c.kind, c.turn_id, e.step, c.n, e.at,
       case when c.data is not null then c.data
            when c.ref is not null then e.data || jsonb_build_object(${refName}, c.ref) else e.data end,
       case when c.data is not null then c.bytes
            when c.ref is not null then ${sourceBytes} + length(c.ref::text) - length(e.data->>${refName})
            else ${sourceBytes} end
     from unnest($3::integer[], $4::integer[], $5::text[], $6::text[], $7::integer[], $8::jsonb[], $9::integer[], $10::integer[])
       as c("from", seq, turn_id, kind, n, data, bytes, ref)
     join events e on e.chat_id = $1 and e.seq = c."from"
     where e.seq = any($3::integer[])`,
    [
      chatId,
      forkId,
      copied.map((event) => event.from),
      copied.map((event) => event.seq),
      copied.map((event) => event.turnId),
      copied.map((event) => event.kind),
      copied.map((event) => event.n),
      copied.map(({ data }) => data),
      copied.map(({ data }) => (data === null ? null : Buffer.byteLength(data))),
      copied.map(({ ref }) => ref),
    ],
  );
}

/** The words by which a search finds the copies: those of their texts, which are the same. */
async function copyWords(tx: Tx, chatId: string, forkId: string, copied: Copied[]): Promise<void> {
  await tx.query(
    `insert into event_texts (chat_id, seq, at, words)
     select $2, c.seq, t.at, t.words
     from unnest($3::integer[], $4::integer[]) as c("from", seq)
     join event_texts t on t.chat_id = $1 and t.seq = c."from"
     where t.seq = any($3::integer[])`,
    [chatId, forkId, copied.map((event) => event.from), copied.map((event) => event.seq)],
  );
}
