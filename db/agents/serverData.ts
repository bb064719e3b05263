import type { ReceivedReasoning, ServerFields } from '../../domain/agents/chatMessage.js';
import type { Tx } from '../core/pool.js';

/** Most bytes of what servers attach to the replies of a turn: each prompt of the turn is built from all of it. */
const MAX_BYTES = 16 * 1024 * 1024;
/** What an iteration may always store without a look at the others, in UTF-16 code units. */
const SHORT = 64 * 1024;

type Landed = { reasoning?: ReceivedReasoning; calls: { serverFields?: ServerFields }[] };

/** The iteration, without what its server attached if the turn would then exceed its limit. */
export async function withinServerData<T extends Landed>(tx: Tx, turnId: string, landed: T): Promise<T> {
  const given = [landed.reasoning?.blocks ?? [], ...landed.calls.map(({ serverFields }) => serverFields ?? null)];
  const json = JSON.stringify(given);
  if (json.length <= SHORT) return landed;
  const { rows } = await tx.query<{ kept: string }>(
    `select (
       (select coalesce(sum(octet_length(reasoning_blocks)), 0) from agent_iterations where turn_id = $1) +
       (select coalesce(sum(octet_length(server_fields)), 0) from tool_calls where turn_id = $1))::text as kept`,
    [turnId],
  );
  if (Number(rows[0]?.kept) + Buffer.byteLength(json) <= MAX_BYTES) return landed;
  const calls = landed.calls.map(({ serverFields: _, ...call }) => call);
  return { ...landed, calls, reasoning: { field: landed.reasoning?.field ?? null, blocks: [] } };
}
