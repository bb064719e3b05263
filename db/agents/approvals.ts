import { createHash } from 'node:crypto';
import {
  type ApprovalCommand,
  type ApprovalDecision,
  type ApprovalRequest,
  decideApproval,
  decideApprovalRequest,
  type Permission,
  permissionOf,
} from '../../domain/agents/decideApproval.js';
import { notifyTurnStatus } from '../core/notify.js';
import { type Db, type Pool, transaction } from '../core/pool.js';
import { lockLiveTurn } from '../timeline/lockLiveTurn.js';
import type { CallKey } from './toolCalls.js';

/** sha256 of what an approval covers: the tool's name and the exact arguments. */
const hashOf = ({ name, arguments: sent }: { name: string; arguments: string }): string =>
  createHash('sha256')
    .update(JSON.stringify([name, sent]))
    .digest('hex');

type Row = {
  status: string;
  name: string;
  arguments: string;
  approvedHash: string | null;
  approved: boolean | null;
  comment: string | null;
  /** The tool's level; null when the tool is not listed. */
  level: number | null;
};

async function readCall(db: Db, key: CallKey): Promise<Row | null> {
  const { rows } = await db.query<Row>(
    `select c.status, c.name, c.arguments, c.approval_hash as "approvedHash", c.approved, c.comment, t.level
     from tool_calls c left join tools t on t.name = c.name
     where c.turn_id = $1 and c.call_id = $2`,
    [key.turnId, key.callId],
  );
  return rows[0] ?? null;
}

/** Marks that a call waits for a person's decision, and stores the hash that the decision covers. */
export function requestApproval(pool: Pool, key: CallKey): Promise<ApprovalRequest> {
  return transaction(pool, async (tx) => {
    const turn = await lockLiveTurn(tx, key.turnId);
    const call = turn && (await readCall(tx, key));
    const decision = decideApprovalRequest(turn, call);
    if (!turn || !call || decision !== 'asked') return decision;
    await tx.query(
      `update tool_calls set status = 'awaiting_approval', approval_hash = coalesce(approval_hash, $3)
       where turn_id = $1 and call_id = $2`,
      [key.turnId, key.callId, hashOf(call)],
    );
    notifyTurnStatus(tx, turn.chatId, turn.id);
    return 'asked';
  });
}

/** A person's decision on a call. The model gets `comment` as the reason of a denial. */
export type ApprovalAnswer = { approved: boolean; comment?: string | undefined };

/** Stores a decision on a call. Only the first decision counts. */
export function answerApproval(
  pool: Pool,
  key: CallKey,
  { approved, comment }: ApprovalAnswer,
  decider: ApprovalCommand['decider'],
): Promise<ApprovalDecision> {
  return transaction(pool, async (tx) => {
    const turn = await lockLiveTurn(tx, key.turnId);
    const call = await readCall(tx, key);
    const state = { isLive: turn !== null, call, toolLevel: call?.level ?? null };
    const decision = decideApproval({ approved, decider }, state);
    if (decision !== 'decided') return decision;
    await tx.query(
      `update tool_calls set approved = $3, comment = $4, decided_at = now(), decided_by = $5
       where turn_id = $1 and call_id = $2`,
      [key.turnId, key.callId, approved, comment ?? null, typeof decider === 'object' ? 'you' : decider],
    );
    return decision;
  });
}

/** Whether a call may be made now. It needs an approval, and its hash must be the one that was approved. */
export async function readPermission(db: Db, key: CallKey): Promise<Permission> {
  const call = await readCall(db, key);
  return permissionOf(call && { ...call, hash: hashOf(call) });
}

/**
 * Decisions that are older than three seconds, on calls that still wait: their workflows may not have received the
 * signal. Returns at most 100.
 */
export async function readUndeliveredApprovals(db: Db): Promise<(CallKey & { approved: boolean })[]> {
  const { rows } = await db.query<CallKey & { approved: boolean }>(
    `select c.turn_id as "turnId", c.call_id as "callId", c.approved from tool_calls c join turns t on t.id = c.turn_id
     where c.status = 'awaiting_approval' and c.approved is not null and c.decided_at < now() - interval '3 seconds'
       and t.status in ('running', 'awaiting_operator')
     limit 100`,
  );
  return rows;
}
