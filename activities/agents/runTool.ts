import { CancelledFailure, Context } from '@temporalio/activity';
import { readPermission } from '../../db/agents/approvals.js';
import { type BegunCall, beginCall, type CallKey, type CallResult, endCall } from '../../db/agents/toolCalls.js';
import type { Pool } from '../../db/core/pool.js';
import { checkCall } from '../../domain/agents/tools.js';
import type { ToolRegistry } from '../../llm/tools/registry.js';
import type { Wire } from '../../viewers/wire/wire.js';
import { handOver } from '../failure.js';
import { retryWhileDatabaseAway } from '../retryWhileDatabaseAway.js';
import { publishResult } from './publishResult.js';
import { createToolContext } from './toolContext.js';

export type RunToolDeps = { pool: Pool; wire: Wire; tools: ToolRegistry };

const HEARTBEAT_EVERY_MS = 1_000;
/** A call whose worker is lost so often is what loses it. */
const MAX_ATTEMPTS = 20;

/**
 * Makes one call of a tool, and keeps what came of it. Whatever goes wrong is a result that the model reads: it
 * never fails the turn. A call that may have been made before is made again only where the tool is idempotent.
 */
export function createRunTool(deps: RunToolDeps) {
  return async (key: CallKey): Promise<void> => {
    const beating = setInterval(() => Context.current().heartbeat(), HEARTBEAT_EVERY_MS);
    try {
      const call = await retryWhileDatabaseAway(() => beginCall(deps.pool, key));
      if (!call) return;
      const result = await resultOf(deps, key, call);
      const ended = await retryWhileDatabaseAway(() => endCall(deps.pool, key, result));
      publishResult(deps.wire, key, ended);
    } finally {
      clearInterval(beating);
    }
  };
}

async function resultOf(deps: RunToolDeps, key: CallKey, call: BegunCall): Promise<CallResult> {
  if (call.attempts >= MAX_ATTEMPTS)
    return failed('tool_interrupted', 'The call was interrupted each time that it was made.');
  if (call.attempts > 0 && !call.plan.idempotent)
    return failed('tool_interrupted', 'The call was interrupted. It may have had its effect; it was not made again.');
  const checked = checkCall(deps.tools.list(), { ...call, argumentsText: call.arguments });
  if (!checked.ok) return failed(checked.code, checked.message);
  // The tool decides, not the plan: a call that was planned before its server connected, or that a sub-agent makes
  // of a tool that it was not offered, has a plan that knows of no approval.
  const refusal = checked.tool.needsApproval || call.plan.needsApproval ? await refusalOf(deps.pool, key) : null;
  if (refusal) return refusal;
  const context = createToolContext(deps.pool, { ...key, chatId: call.chatId });
  const { cancellationSignal: signal } = Context.current();
  const result = await deps.tools.run({ name: call.name, arguments: checked.arguments }, { signal, context });
  // A worker that shuts down hands the call over, where it can be made again.
  if (call.plan.idempotent && signal.aborted && !isStop(signal.reason)) throw handOver();
  return result;
}

const isStop = (reason: unknown) => reason instanceof CancelledFailure && reason.message === 'CANCELLED';

const refusals = {
  undecided: ['not_approved', 'Nobody has approved the call.'],
  denied: ['approval_denied', 'The call was denied.'],
  changed: ['approval_mismatch', 'The call is not the one that was approved.'],
} as const;

async function refusalOf(pool: Pool, key: CallKey): Promise<CallResult | null> {
  const permission = await retryWhileDatabaseAway(() => readPermission(pool, key));
  if (permission.approved) return null;
  const [code, says] = refusals[permission.reason];
  return failed(code, permission.comment ? `${says} ${permission.comment}` : says);
}

const failed = (code: string, message: string): CallResult => ({ success: false, content: `${code}: ${message}` });
