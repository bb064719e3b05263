import type { ClientFunctions } from '../../domain/agents/clientFunctions.js';
import type { NewEvent } from '../../domain/log/events.js';
import { stepName } from '../../domain/turns/stepName.js';
import type { Db, Tx } from '../core/pool.js';
import { isLine, lastLinesFirst } from '../timeline/lines.js';
import { appendEvents } from '../timeline/log.js';
import { inTimeline } from '../timeline/subjects.js';

/** The functions that a turn's client runs; null if its request brought none. */
export async function readClientFunctions(db: Db, turnId: string): Promise<ClientFunctions | null> {
  const { rows } = await db.query<{ functions: ClientFunctions | null }>(
    'select client_functions as functions from turns where id = $1',
    [turnId],
  );
  return rows[0]?.functions ?? null;
}

/** A call that a client is to run: `turnId` is the turn that asked for it. */
export type HandedCall = { callId: string; name: string; turnId: string };

/** Lines of the timeline in which calls are looked for. */
const LAST_LINES = 40;

/** Of these calls, those in the last replies of the timeline that have no result yet. */
export async function readHandedCalls(db: Db, chatId: string, callIds: readonly string[]): Promise<HandedCall[]> {
  if (callIds.length === 0) return [];
  const { rows } = await db.query<HandedCall>(
    `select c.data->>'id' as "callId", c.data->>'name' as name, c.turn_id as "turnId"
     from (
       select e.turn_id, e.data->'steps' as steps from events e where ${isLine('e')} and e.chat_id = $1
       order by ${lastLinesFirst('e')} limit ${LAST_LINES}
     ) as line
     join events c on c.chat_id = $1 and c.turn_id = line.turn_id and c.kind = 'tool_call_start' and ${inTimeline('c')}
     where line.steps is not null and c.data->>'id' = any($2) and not exists (
       select from events d where d.chat_id = $1 and d.turn_id = c.turn_id and d.kind = 'tool_call_end'
         and d.data->>'id' = c.data->>'id' and ${inTimeline('d')})`,
    [chatId, callIds],
  );
  return rows;
}

/**
 * Appends the results of calls to the turns that asked for them. `userTurnSeq`: of the turn that brings the outputs; each
 * such turn has events of its own, because an earlier one may have left the timeline.
 */
export async function appendOutputs(
  tx: Tx,
  { chatId, userTurnSeq }: { chatId: string; userTurnSeq: number },
  outputs: readonly (HandedCall & { output: string; success: boolean })[],
): Promise<void> {
  for (const { callId: id, name, turnId, output: result, success } of outputs) {
    const event: NewEvent = { kind: 'tool_call_end', data: { id, name, result, success } };
    await appendEvents(tx, { chatId, turnId, step: stepName.tool(id) }, [event], userTurnSeq);
  }
}
