import type { ClientFunctions } from '../../domain/agents/clientFunctions.js';
import type { Db } from '../core/pool.js';
import { isLine, lastLinesFirst } from '../timeline/lines.js';
import { inTimeline } from '../timeline/subjects.js';

/** The functions that a turn's client runs; null if its request brought none. */
export async function readClientFunctions(db: Db, turnId: string): Promise<ClientFunctions | null> {
  const { rows } = await db.query<{ functions: ClientFunctions | null }>(
    'select client_functions as functions from turns where id = $1',
    [turnId],
  );
  return rows[0]?.functions ?? null;
}

/** A call that a client is to run. */
export type HandedCall = { callId: string; name: string };

/** Lines of the timeline in which calls are looked for. */
const LAST_LINES = 40;

/** Of these calls, those in the last replies of the timeline that have no output yet. */
export async function readHandedCalls(db: Db, chatId: string, callIds: readonly string[]): Promise<HandedCall[]> {
  if (callIds.length === 0) return [];
  const { rows } = await db.query<HandedCall>(
    `select c.data->>'id' as "callId", c.data->>'name' as name
     from (
       select e.turn_id, e.data->'steps' as steps from events e where ${isLine('e')} and e.chat_id = $1
       order by ${lastLinesFirst('e')} limit ${LAST_LINES}
     ) as line
     join events c on c.chat_id = $1 and c.turn_id = line.turn_id and c.kind = 'tool_call_start' and ${inTimeline('c')}
     where jsonb_path_exists(line.steps, '$[*] ? (@.client == true)') and c.data->>'id' = any($2) and not exists (
       select from events u where u.chat_id = $1 and u.kind = 'user_turn' and u.hidden_by is null and u.seq > c.seq
         and u.data->'outputs' @> jsonb_build_array(jsonb_build_object('id', c.data->>'id')))`,
    [chatId, callIds],
  );
  return rows;
}

/** By the id of the call, what clients sent with the user turns from one seq to another. An edit of a turn keeps it. */
export async function readOutputs(
  db: Db,
  chatId: string,
  { from, to }: { from: number; to: number },
): Promise<Map<string, string>> {
  const { rows } = await db.query<{ id: string; result: string }>(
    `select o.value->>'id' as id, o.value->>'result' as result
     from events u cross join jsonb_array_elements(u.data->'outputs') as o
     where u.chat_id = $1 and u.seq between $2 and $3 and u.kind = 'user_turn' and u.hidden_by is null
       and u.data->'outputs' is not null
     order by u.seq`,
    [chatId, from, to],
  );
  return new Map(rows.map(({ id, result }) => [id, result]));
}
