import type { ChatEvent } from '../../domain/log/events.js';
import { type CopiedEvent, type CopiedLine, type CopyPlan, copyEvent, planCopy } from '../../domain/timeline/copy.js';
import { decideFork } from '../../domain/timeline/decideFork.js';
import type { Versions } from '../../domain/timeline/marks.js';
import { keepOneHolder } from '../agents/strategyHolder.js';
import { type Chat, readChat } from '../chats/chats.js';
import { lockOwnChat } from '../chats/lockOwnChat.js';
import { mustBeWithinLimit } from '../chats/ownerLimits.js';
import { type IdPrefix, newId } from '../core/ids.js';
import { type Pool, type Tx, transaction } from '../core/pool.js';
import { ChatRefused } from '../core/refused.js';
import { CHUNK_SIZE, yieldToEventLoop } from '../core/yieldToEventLoop.js';
import { readFloor } from '../turns/floor.js';
import { readActiveVersions, readVersionsOfTurns } from './activeVersions.js';
import { eventBytes, toChatEvent } from './log.js';
import { rebuildInTransaction } from './rebuild.js';

/** `maxChats`: how many the owner may have. */
export type ForkRequest = { chatId: string; owner: string; atSeq: number; maxChats?: number | undefined };

/**
 * Creates a chat that begins as a copy of the timeline up to a point. The copy's turns have ended and have new ids; its
 * log does not refer to the source. Throws `ChatRefused`.
 */
export async function forkChat(pool: Pool, { chatId, owner, atSeq, maxChats }: ForkRequest): Promise<Chat> {
  return transaction(pool, async (tx) => {
    const [chat, floor] = await Promise.all([lockOwnChat(tx, owner, chatId), readFloor(tx, chatId)]);
    const decision = decideFork({ atSeq }, { chat, ...floor });
    if (decision.action === 'refuse') throw new ChatRefused(decision.code, decision.path);
    await mustBeWithinLimit(tx, 'chats', owner, maxChats);
    const forkId = newId('chat');
    const title = await insertFork(tx, chatId, forkId);
    const turns = await readVersionsOfTurns(tx, chatId);
    const activeOf = await readActiveVersions(tx, chatId, turns);
    const plan = await planCopy(readLines(tx, chatId, atSeq), { turns, activeOf }, yieldToEventLoop);
    const turnIds = await copyTurns(tx, forkId, plan, activeOf);
    await copyEvents(tx, chatId, forkId, { plan, turns, title, turnIds });
    await keepOneHolder(tx, forkId, () => rebuildInTransaction(tx, forkId));
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

/** Reads what decides where copies stand, by pages; no prose. */
async function* readLines(tx: Tx, chatId: string, upTo: number): AsyncGenerator<CopiedLine[]> {
  for (let after = 0; ; ) {
    const { rows } = await tx.query<CopiedLine>(
      `select seq, kind, turn_id as "turnId",
         case when kind = 'user_turn_edit' then (data->>'userTurnSeq')::integer end as "userTurnSeq"
       from events
       where chat_id = $1 and seq > $2 and seq <= $3 and hidden_by is null and superseded_by is null
       order by seq limit $4`,
      [chatId, after, upTo, CHUNK_SIZE],
    );
    const last = rows.at(-1);
    if (!last) return;
    yield rows;
    after = last.seq;
    await yieldToEventLoop();
  }
}

const MAX_TITLE = 200;
const SUFFIX = ' (fork)';

/** The fork's row, and the title it got. */
async function insertFork(tx: Tx, chatId: string, forkId: string): Promise<string | null> {
  const { rows } = await tx.query<{ title: string | null }>(
    `insert into chats (id, owner, kind, title, host_id, guest_id, settings, document_id, anchor)
     select $2, owner, kind, left(title, $3) || $4, host_id, guest_id, settings, document_id, anchor from chats where id = $1 returning title`,
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
                        when_failed, options, error, usage, warnings, created_at, started_at, opened_at, finished_at)
     select c.id, c.id, c.id, $1, t.owner, t.kind,
            case when t.status in ('completed', 'cancelled', 'failed') then t.status else 'completed' end, 'done',
            c.seq, c.seq, t.request_hash, t.when_failed, t.options, t.error, t.usage, t.warnings, t.created_at, t.started_at,
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
async function copyEvents(tx: Tx, chatId: string, forkId: string, copying: Copying): Promise<void> {
  const { plan, turnIds } = copying;
  const source = { ...copying, changeIdOf: newIds('chg') };
  const numbers = new Map<string, number>();
  let total = 0;
  for await (const sources of readSources(tx, chatId, plan)) {
    const copied = sources.map(({ event, step, n }) => {
      const copy = copyEvent(event, plan, source);
      if (copy.turnId === null) return { ...copy, turnId: null, n };
      const key = `${copy.turnId} ${step}`;
      const number = numbers.get(key) ?? 0;
      numbers.set(key, number + 1);
      return { ...copy, turnId: turnIds.get(copy.turnId) ?? null, n: number };
    });
    total += await insertCopies(tx, chatId, forkId, copied);
    await yieldToEventLoop();
  }
  await tx.query(
    `update chats set seq = $2, log_bytes = $3, last_event_at = (select max(at) from events where chat_id = $1)
     where id = $1`,
    [forkId, plan.from.length, total],
  );
}

/** How many events are copied at a time, and how many bytes of them. */
const partEvents = 500;
const partBytes = 1024 * 1024;

type SourceEvent = { event: ChatEvent; step: string; n: number };

/** The source's events in the order of the copy, in parts that neither block the event loop nor need much memory. */
async function* readSources(tx: Tx, chatId: string, { from }: CopyPlan): AsyncGenerator<SourceEvent[]> {
  for (let at = 0; at < from.length; ) {
    const { rows } = await tx.query(
      `select seq, kind, turn_id, at, data, superseded_by, hidden_by, step, n from (
         select e.*, w.place, sum(${eventBytes}) over (order by w.place) - ${eventBytes} as before
         from unnest($2::integer[]) with ordinality as w(seq, place) join events e on e.chat_id = $1 and e.seq = w.seq
       ) part where before < ${partBytes} order by place`,
      [chatId, from.slice(at, at + partEvents)],
    );
    if (rows.length === 0) throw new Error(`events of chat ${chatId} are gone`);
    yield rows.map((row) => ({ event: toChatEvent(row), step: row.step, n: row.n }));
    at += rows.length;
  }
}

/** Returns the bytes of their data. */
async function insertCopies(tx: Tx, chatId: string, forkId: string, copied: (CopiedEvent & { n: number })[]) {
  const written = copied.map((event) => JSON.stringify(event.data));
  const bytes = written.map((json) => Buffer.byteLength(json));
  await tx.query(
    `insert into events (chat_id, seq, kind, turn_id, step, n, at, data, bytes)
     select $2, c.seq, c.kind, c.turn_id, e.step, c.n, e.at, c.data, c.bytes
     from unnest($3::integer[], $4::integer[], $5::text[], $6::text[], $7::integer[], $8::jsonb[], $9::integer[])
       as c("from", seq, turn_id, kind, n, data, bytes)
     join events e on e.chat_id = $1 and e.seq = c."from"`,
    [
      chatId,
      forkId,
      copied.map((event) => event.from),
      copied.map((event) => event.seq),
      copied.map((event) => event.turnId),
      copied.map((event) => event.kind),
      copied.map((event) => event.n),
      written,
      bytes,
    ],
  );
  return bytes.reduce((sum, each) => sum + each, 0);
}
