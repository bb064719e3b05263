import { type CopiedEvent, copyTimeline } from '../domain/copy.js';
import type { ChatEvent } from '../domain/events.js';
import { type Chat, readChat } from './chats.js';
import { holdOwnChat, mustBeFree } from './freeFloor.js';
import { newId } from './ids.js';
import { readActiveVersions, readVersionsOfTurns } from './marks.js';
import { mustHaveRoom } from './ownerLimits.js';
import { type Pool, type Tx, transaction } from './pool.js';
import { rebuildInTransaction } from './rebuild.js';
import { ChatRefused } from './refused.js';
import { keepOneHolder } from './strategyHolder.js';
import { readTimeline } from './timeline.js';

/** `maxChats`: how many the owner may have. */
export type ForkRequest = { chatId: string; owner: string; atSeq: number; maxChats?: number | undefined };

/**
 * Makes a new chat that begins as a copy of the timeline up to a point: the copy's turns have ended and have new
 * ids, and its log stands for itself. Throws `ChatRefused`.
 */
export async function forkChat(pool: Pool, { chatId, owner, atSeq, maxChats }: ForkRequest): Promise<Chat> {
  return transaction(pool, async (tx) => {
    const chat = await holdOwnChat(tx, owner, chatId);
    if (atSeq < 1 || atSeq > chat.seq) throw new ChatRefused('no_such_seq', 'atSeq');
    await mustBeFree(tx, chat);
    await mustHaveRoom(tx, 'chats', owner, maxChats);
    const forkId = newId('chat');
    const title = await insertFork(tx, chatId, forkId);
    const activeOf = await readActiveVersions(tx, chatId);
    const copied = withOwnChanges(
      copyTimeline({
        timeline: await timelineUpTo(tx, chatId, atSeq),
        turns: await readVersionsOfTurns(tx, chatId),
        activeOf,
        title,
      }),
    );
    const turnIds = await copyTurns(tx, forkId, copied, activeOf);
    await copyEvents(tx, chatId, forkId, copied, turnIds);
    await keepOneHolder(tx, forkId, () => rebuildInTransaction(tx, forkId));
    const fork = await readChat(tx, owner, forkId);
    if (!fork) throw new Error(`chat ${forkId} was not made`);
    return fork;
  });
}

/** Changes are named by their ids alone, so a copy of one has its own. */
function withOwnChanges(copied: CopiedEvent[]): CopiedEvent[] {
  const ids = new Map<string, string>();
  const idOf = (id: string) => {
    const known = ids.get(id) ?? newId('chg');
    ids.set(id, known);
    return known;
  };
  return copied.map((event) => {
    switch (event.kind) {
      case 'changes_proposed':
        return { ...event, data: { ...event.data, changeIds: event.data.changeIds.map(idOf) } };
      case 'change_accepted':
      case 'change_declined':
      case 'change_stale':
        return { ...event, data: { changeId: idOf(event.data.changeId) } };
      default:
        return event;
    }
  });
}

async function timelineUpTo(tx: Tx, chatId: string, atSeq: number): Promise<ChatEvent[]> {
  return (await readTimeline(tx, chatId)).filter((event) => event.seq <= atSeq);
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

/** A row for each turn that is copied, as its active version ended. By the source's root, the new id. */
async function copyTurns(
  tx: Tx,
  forkId: string,
  copied: CopiedEvent[],
  activeOf: (rootId: string) => string,
): Promise<Map<string, string>> {
  const said = copied.flatMap(({ kind, seq, turnId }) =>
    kind === 'user_turn' && turnId !== null ? [{ seq, turnId }] : [],
  );
  const ids = new Map(said.map(({ turnId }) => [turnId, newId('turn')]));
  await tx.query(
    `insert into turns (id, root_id, prose_id, chat_id, owner, kind, status, phase, rank, user_turn_seq, request_hash,
                        when_failed, error, usage, warnings, created_at, started_at, opened_at, finished_at)
     select c.id, c.id, c.id, $1, t.owner, t.kind,
            case when t.status in ('completed', 'cancelled', 'failed') then t.status else 'completed' end, 'done',
            c.seq, c.seq, t.request_hash, t.when_failed, t.error, t.usage, t.warnings, t.created_at, t.started_at,
            t.opened_at, coalesce(t.finished_at, now())
     from unnest($2::text[], $3::text[], $4::integer[]) as c(source_id, id, seq) join turns t on t.id = c.source_id`,
    [
      forkId,
      said.map(({ turnId }) => activeOf(turnId)),
      said.map(({ turnId }) => ids.get(turnId)),
      said.map(({ seq }) => seq),
    ],
  );
  return ids;
}

/** Events keep the step that caused them; versions that were made one turn are numbered on within a step. */
async function copyEvents(tx: Tx, chatId: string, forkId: string, copied: CopiedEvent[], turnIds: Map<string, string>) {
  const written = copied.map((event) => JSON.stringify(event.data));
  const bytes = written.map((json) => Buffer.byteLength(json));
  await tx.query(
    `with copied as (
       select * from unnest($3::integer[], $4::integer[], $5::text[], $6::text[], $7::jsonb[], $9::integer[]) as c("from", seq, turn_id, kind, data, bytes)
     ), written as (
       insert into events (chat_id, seq, kind, turn_id, step, n, at, data, bytes)
       select $2, c.seq, c.kind, c.turn_id, e.step,
              case when c.turn_id is null then e.n else row_number() over (partition by c.turn_id, e.step order by e.n, c.seq) - 1 end,
              e.at, c.data, c.bytes
       from copied c join events e on e.chat_id = $1 and e.seq = c."from"
     )
     update chats set seq = $8, log_bytes = $10, last_event_at = (
       select max(at) from events where chat_id = $1 and seq = any($3::integer[])
     ) where id = $2`,
    [
      chatId,
      forkId,
      copied.map((event) => event.from),
      copied.map((event) => event.seq),
      copied.map((event) => (event.turnId === null ? null : turnIds.get(event.turnId))),
      copied.map((event) => event.kind),
      written,
      copied.length,
      bytes,
      bytes.reduce((sum, each) => sum + each, 0),
    ],
  );
}
