import { v7 } from 'uuid';
import type { Db } from '../core/pool.js';
import { type ReadChat, readChatColumn } from '../turns/prepareTurn.js';
import { namedChatId } from './chatNames.js';

/**
 * A request with the same body counts as a repeat, if its client says that it repeats, within this time of the last try or
 * of the end of its turn: a client repeats when its connection breaks, which may be long after the turn began.
 */
const REPEATED_WITHIN = '1 minute';
const KEPT_FOR = '10 minutes';
/** Old rows that one request removes at most. */
const REMOVED_AT_ONCE = 20;

/**
 * The commit of the statement does not wait for the disk. That of the turn comes later in the same log and does: a crash of
 * Postgres that loses the request loses its turn too.
 */
const UNFLUSHED = `(select set_config('synchronous_commit', 'off', true)) as unflushed`;

/** Whether the turn of a request runs, or has just ended. */
const hasFreshTurn = `exists (
  select from turns t where t.chat_id = r.chat_id and t.idempotency_key = r.id::text
    and (t.finished_at is null or t.finished_at > now() - interval '${REPEATED_WITHIN}'))`;

/**
 * `id` is the idempotency key of the turn that the request starts. `chatId`: the chat that the request names, or that of an
 * earlier try. `chat`: the state of the one that it names, if it was read with it. `repeats`: there was an earlier try.
 */
export type DialectRequest = { id: string; chatId: string | null; chat: ReadChat | null; repeats: boolean };

export type NewRequest = { owner: string; mount: string; hash: string; repeats: boolean; clientId?: string | null };

/**
 * Records a request before it has an effect, so that a repeat of it finds its turn. `repeats`: the client says that it
 * sent the same request before. `clientId`: how the client names the chat.
 */
export async function beginRequest(
  db: Db,
  { owner, mount, hash, repeats, clientId = null }: NewRequest,
): Promise<DialectRequest> {
  const earlier = repeats ? await findRequest(db, { owner, mount, hash }) : null;
  if (earlier) return { ...earlier, chat: null, repeats: true };
  const id = v7();
  const { rows } = await db.query<{ chatId: string | null; chat: ReadChat | null }>(
    `with ${insertedRequest} select request.chat_id as "chatId", ${readChatColumn('chat')} as chat
     from request left join chats chat on chat.id = request.chat_id`,
    [id, owner, mount, hash, clientId],
  );
  return { id, chatId: rows[0]?.chatId ?? null, chat: rows[0]?.chat ?? null, repeats: false };
}

/**
 * Parts of a `with` that record a request: of the parameters of its id, owner, mount and hash, and of the name of its chat.
 * `request` has the chat's id.
 */
export const insertedRequest = `old as (
    delete from dialect_requests where id in (
      select r.id from dialect_requests r where r.at < now() - interval '${KEPT_FOR}' and not ${hasFreshTurn}
      order by r.at limit ${REMOVED_AT_ONCE} for update skip locked
    )
  ), request as (
    insert into dialect_requests (id, owner, mount, request_hash, chat_id)
    select $1, $2, $3, $4, ${namedChatId('$2', '$3', '$5')} from ${UNFLUSHED}
    returning chat_id
  )`;

async function findRequest(db: Db, which: { owner: string; mount: string; hash: string }) {
  const { rows } = await db.query<{ id: string; chatId: string | null }>(
    `update dialect_requests set at = now() where id = (
       select r.id from dialect_requests r
       where r.owner = $1 and r.mount = $2 and r.request_hash = $3
         and (r.at > now() - interval '${REPEATED_WITHIN}' or ${hasFreshTurn})
       order by r.at desc limit 1
     ) returning id, chat_id as "chatId"`,
    [which.owner, which.mount, which.hash],
  );
  return rows[0] ?? null;
}

/** Keeps the chat of a request, before its turn is accepted there. */
export async function keepRequestChat(db: Db, id: string, chatId: string): Promise<void> {
  await db.query(`update dialect_requests set chat_id = $2 from ${UNFLUSHED} where id = $1`, [id, chatId]);
}

/** The turn that a request has started in a chat, or null. */
export async function findRequestTurn(
  db: Db,
  { id, chatId }: Pick<DialectRequest, 'id' | 'chatId'>,
): Promise<string | null> {
  const { rows } = await db.query<{ id: string }>('select id from turns where chat_id = $1 and idempotency_key = $2', [
    chatId,
    id,
  ]);
  return rows[0]?.id ?? null;
}
