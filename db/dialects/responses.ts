import type { Db } from '../core/pool.js';

/** A stored response. `Fields` is what its dialect shows of the request, `input` the items that it was given. */
export type StoredResponse<Fields> = {
  turnId: string;
  chatId: string;
  fields: Fields;
  input: unknown[];
  createdAt: Date;
};

/** A response that is to be kept. `deletesChat`: its chat was made for it and is deleted with its end. */
export type NewResponse<Fields> = StoredResponse<Fields> & { deletesChat: boolean };

/** Keeps a response. A repeated request changes nothing. */
export async function keepResponse<Fields>(
  db: Db,
  owner: string,
  { turnId, chatId, fields, input, createdAt, deletesChat }: NewResponse<Fields>,
): Promise<void> {
  await db.query(
    `insert into dialect_responses (turn_id, owner, chat_id, fields, input, created_at, deletes_chat)
     values ($1, $2, $3, $4, $5, $6, $7) on conflict (turn_id) do nothing`,
    [turnId, owner, chatId, JSON.stringify(fields), JSON.stringify(input), createdAt, deletesChat],
  );
}

/** Null when the owner has no such response. */
export async function findResponse<Fields>(
  db: Db,
  { owner, turnId }: { owner: string; turnId: string },
): Promise<StoredResponse<Fields> | null> {
  const { rows } = await db.query<StoredResponse<Fields>>(
    `select r.turn_id as "turnId", r.chat_id as "chatId", r.fields, r.input, r.created_at as "createdAt"
     from dialect_responses r join turns t on t.id = r.turn_id join chats c on c.id = r.chat_id
     where r.turn_id = $1 and r.owner = $2`,
    [turnId, owner],
  );
  return rows[0] ?? null;
}

/** The line of a turn (the seq of its user turn), and whether it is the last of its chat's timeline. */
export async function readTurnEnd(db: Db, turnId: string): Promise<{ line: number; isLast: boolean } | null> {
  const { rows } = await db.query<{ line: number; isLast: boolean }>(
    `select t.user_turn_seq as line,
       not exists (select from turns n
         join events u on u.chat_id = n.chat_id and u.seq = n.user_turn_seq and u.hidden_by is null
         where n.chat_id = t.chat_id and n.user_turn_seq > t.user_turn_seq) as "isLast"
     from turns t where t.id = $1`,
    [turnId],
  );
  return rows[0] ?? null;
}
