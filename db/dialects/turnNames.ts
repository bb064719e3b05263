import type { Db } from '../core/pool.js';
import { type ChatName, namedChatId } from './chatNames.js';

/** What a client names: the user's message of a turn, or a run of it. */
export type Named = { chatId: string; kind: 'message' | 'run'; clientId: string };

/** Keeps a client's names for a turn, at most one of each kind. */
export async function keepTurnNames(
  db: Db,
  { chatId, turnId }: { chatId: string; turnId: string },
  names: readonly Pick<Named, 'kind' | 'clientId'>[],
): Promise<void> {
  await db.query(
    `insert into dialect_turns (chat_id, kind, client_id, turn_id)
     select $1, n.kind, n.client_id, $2 from unnest($3::text[], $4::text[]) as n(kind, client_id)
     on conflict (chat_id, kind, client_id) do update set turn_id = excluded.turn_id`,
    [chatId, turnId, names.map(({ kind }) => kind), names.map(({ clientId }) => clientId)],
  );
}

/** The turn that a client's name stands for; null if the chat has none of that name. */
export async function findNamedTurn(db: Db, { chatId, kind, clientId }: Named): Promise<string | null> {
  const { rows } = await db.query<{ turnId: string }>(
    'select turn_id as "turnId" from dialect_turns where chat_id = $1 and kind = $2 and client_id = $3',
    [chatId, kind, clientId],
  );
  return rows[0]?.turnId ?? null;
}

/** What a run of a thread may be of: turns of the chat, each null where there is none. */
export type KnownRun = { chatId: string; run: string | null; turn: string | null; message: string | null };

/**
 * The chat that a client names, and its turns that are known by the name of a run, by that name as their own id, and by the
 * name of a message. Null when the owner has no such chat.
 */
export async function findKnownRun(
  db: Db,
  { owner, mount, clientId }: ChatName,
  { runId, messageId }: { runId: string; messageId: string | null },
): Promise<KnownRun | null> {
  const named = (kind: Named['kind'], name: string) =>
    `(select d.turn_id from dialect_turns d where d.chat_id = c.id and d.kind = '${kind}' and d.client_id = ${name})`;
  const { rows } = await db.query<KnownRun>(
    `select c.id as "chatId", ${named('run', '$4')} as run, ${named('message', '$5')} as message,
       (select t.id from turns t where t.id = $4 and t.chat_id = c.id and t.owner = $1) as turn
     from chats c where c.id = ${namedChatId('$1', '$2', '$3')}`,
    [owner, mount, clientId, runId, messageId],
  );
  return rows[0] ?? null;
}

/** By turn, the client's name for the user's message. A version of a reply has the name of the message it answers. */
export async function readMessageNames(
  db: Db,
  chatId: string,
  turnIds: readonly string[],
): Promise<Map<string, string>> {
  const { rows } = await db.query<{ turnId: string; clientId: string }>(
    `select t.id as "turnId", m.client_id as "clientId"
     from turns t join turns o on o.chat_id = t.chat_id and o.user_turn_seq = t.user_turn_seq
     join dialect_turns m on m.chat_id = t.chat_id and m.turn_id = o.id and m.kind = 'message'
     where t.chat_id = $1 and t.id = any($2)`,
    [chatId, turnIds],
  );
  return new Map(rows.map(({ turnId, clientId }) => [turnId, clientId]));
}

/** The last turn of a chat's timeline, also one that runs or waits. */
export async function readLastTurn(db: Db, chatId: string): Promise<string | null> {
  const { rows } = await db.query<{ id: string }>(
    `select t.id from turns t join events u on u.chat_id = t.chat_id and u.seq = t.user_turn_seq and u.hidden_by is null
     where t.chat_id = $1 order by t.user_turn_seq desc, t.created_at desc limit 1`,
    [chatId],
  );
  return rows[0]?.id ?? null;
}
