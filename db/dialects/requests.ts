import { v7 } from 'uuid';
import type { Db } from '../core/pool.js';

/** A request within this time with the same body counts as a repeat, if its client says that it repeats. */
const REPEATED_WITHIN = '1 minute';
const KEPT_FOR = '10 minutes';
/** Old rows that one request removes at most. */
const REMOVED_AT_ONCE = 20;

/** `id` is the idempotency key of the turn that the request starts. `chatId`: the chat of an earlier try. */
export type DialectRequest = { id: string; chatId: string | null };

/**
 * Records a request before it has an effect, so that a repeat of it finds its turn. `repeats`: the client says that it
 * sent the same request before.
 */
export async function beginRequest(
  db: Db,
  { owner, mount, hash, repeats }: { owner: string; mount: string; hash: string; repeats: boolean },
): Promise<DialectRequest> {
  const earlier = repeats ? await findRequest(db, { owner, mount, hash }) : null;
  if (earlier) return earlier;
  const id = v7();
  await db.query(
    `with old as (
       delete from dialect_requests where id in (
         select id from dialect_requests where at < now() - interval '${KEPT_FOR}' order by at limit ${REMOVED_AT_ONCE}
         for update skip locked
       )
     )
     insert into dialect_requests (id, owner, mount, request_hash) values ($1, $2, $3, $4)`,
    [id, owner, mount, hash],
  );
  return { id, chatId: null };
}

async function findRequest(db: Db, which: { owner: string; mount: string; hash: string }) {
  const { rows } = await db.query<DialectRequest>(
    `select id, chat_id as "chatId" from dialect_requests
     where owner = $1 and mount = $2 and request_hash = $3 and at > now() - interval '${REPEATED_WITHIN}'
     order by at desc limit 1`,
    [which.owner, which.mount, which.hash],
  );
  return rows[0] ?? null;
}

/** Keeps the chat of a request, before its turn is accepted there. */
export async function keepRequestChat(db: Db, id: string, chatId: string): Promise<void> {
  await db.query('update dialect_requests set chat_id = $2 where id = $1', [id, chatId]);
}

/** The turn that a request has started in a chat, or null. */
export async function findRequestTurn(db: Db, { id, chatId }: { id: string; chatId: string }): Promise<string | null> {
  const { rows } = await db.query<{ id: string }>('select id from turns where chat_id = $1 and idempotency_key = $2', [
    chatId,
    id,
  ]);
  return rows[0]?.id ?? null;
}
