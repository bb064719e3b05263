import { createHash } from 'node:crypto';
import { type Db, type Pool, transaction } from '../core/pool.js';
import { lockLiveTurn } from '../timeline/lockLiveTurn.js';
import type { CallKey } from './toolCalls.js';

/** What an approval is bound to: the tool, and the very arguments. */
const hashOf = ({ name, arguments: sent }: { name: string; arguments: string }): string =>
  createHash('sha256')
    .update(JSON.stringify([name, sent]))
    .digest('hex');

type Row = { status: string; name: string; arguments: string; hash: string | null; approved: boolean | null };

async function readCall(db: Db, key: CallKey): Promise<Row | null> {
  const { rows } = await db.query<Row>(
    `select status, name, arguments, approval_hash as hash, approved from tool_calls
     where turn_id = $1 and call_id = $2`,
    [key.turnId, key.callId],
  );
  return rows[0] ?? null;
}

/** Begins to wait for a person's word on a call. `decided`: there is one already; `over`: the turn has ended. */
export function requestApproval(pool: Pool, key: CallKey): Promise<'asked' | 'decided' | 'over'> {
  return transaction(pool, async (tx) => {
    const turn = await lockLiveTurn(tx, key.turnId);
    const call = turn && (await readCall(tx, key));
    if (!turn || turn.stop || !call || call.status === 'done') return 'over';
    if (call.approved !== null) return 'decided';
    await tx.query(
      `update tool_calls set status = 'awaiting_approval', approval_hash = coalesce(approval_hash, $3)
       where turn_id = $1 and call_id = $2`,
      [key.turnId, key.callId, hashOf(call)],
    );
    await tx.query("select pg_notify('turn_status', $1)", [`${turn.chatId}:${turn.id}`]);
    return 'asked';
  });
}

export type Decision = { approved: boolean; comment?: string | undefined };

/**
 * Stores a decision on a call. The first one counts: the same again is no error, another comes too late. Approving
 * needs the tool's permission level; denying does not. Operators of the engine decide at any level.
 */
export function decide(
  pool: Pool,
  key: CallKey,
  { approved, comment }: Decision,
  decider: { level: number } | 'operator',
): Promise<'decided' | 'same' | 'not_pending' | 'not_permitted'> {
  return transaction(pool, async (tx) => {
    const turn = await lockLiveTurn(tx, key.turnId);
    const call = await readCall(tx, key);
    if (call && approved && decider !== 'operator' && decider.level < (await levelOf(tx, call.name)))
      return 'not_permitted';
    if (call && call.approved !== null) return call.approved === approved ? 'same' : 'not_pending';
    if (!turn || call?.status !== 'awaiting_approval') return 'not_pending';
    await tx.query(
      `update tool_calls set approved = $3, comment = $4, decided_at = now() where turn_id = $1 and call_id = $2`,
      [key.turnId, key.callId, approved, comment ?? null],
    );
    return 'decided';
  });
}

/** A tool that is not listed at the moment counts as dangerous. */
async function levelOf(db: Db, tool: string): Promise<number> {
  const { rows } = await db.query<{ level: number }>('select level from tools where name = $1', [tool]);
  return rows[0]?.level ?? 3;
}

export type Permission =
  | { approved: true }
  | { approved: false; reason: 'undecided' | 'denied' | 'changed'; comment: string | null };

/** Whether a call may be made now: approved, and still the call that was approved. */
export async function readPermission(db: Db, key: CallKey): Promise<Permission> {
  const { rows } = await db.query<Row & { comment: string | null }>(
    `select status, name, arguments, approval_hash as hash, approved, comment from tool_calls
     where turn_id = $1 and call_id = $2`,
    [key.turnId, key.callId],
  );
  const call = rows[0];
  if (!call || call.approved === null) return { approved: false, reason: 'undecided', comment: null };
  if (!call.approved) return { approved: false, reason: 'denied', comment: call.comment };
  return call.hash === hashOf(call) ? { approved: true } : { approved: false, reason: 'changed', comment: null };
}

/** Calls that were decided on a while ago, and whose turns have not heard of it. */
export async function readUnheardDecisions(db: Db): Promise<(CallKey & { approved: boolean })[]> {
  const { rows } = await db.query<CallKey & { approved: boolean }>(
    `select c.turn_id as "turnId", c.call_id as "callId", c.approved from tool_calls c join turns t on t.id = c.turn_id
     where c.status = 'awaiting_approval' and c.approved is not null and c.decided_at < now() - interval '3 seconds'
       and t.status in ('running', 'awaiting_operator')
     limit 100`,
  );
  return rows;
}
