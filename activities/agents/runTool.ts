import { Context } from '@temporalio/activity';
import { readPermission } from '../../db/agents/approvals.js';
import { type BegunCall, beginCall, type CallKey, type CallResult, endCall } from '../../db/agents/toolCalls.js';
import type { Pool } from '../../db/core/pool.js';
import { checkCall } from '../../domain/agents/tools.js';
import type { ToolRegistry } from '../../llm/tools/registry.js';
import type { Wire } from '../../viewers/wire/wire.js';
import { isStop } from '../attempt.js';
import { handOver } from '../failure.js';
import { withHeartbeats } from '../heartbeats.js';
import { retryWhileDatabaseAway } from '../retryWhileDatabaseAway.js';
import { publishResult } from './publishResult.js';
import { createToolContext } from './toolContext.js';

export type RunToolDeps = { pool: Pool; wire: Wire; tools: ToolRegistry };

/** After so many lost workers, the call itself is taken for the cause. */
const MAX_ATTEMPTS = 20;

/**
 * Makes one tool call and stores its result. An error is a result that the model reads, and never fails the turn. A call
 * that may have been made before is repeated only if the tool is idempotent.
 */
export function createRunTool(deps: RunToolDeps) {
  const run = async (key: CallKey): Promise<void> => {
    const call = await retryWhileDatabaseAway(() => beginCall(deps.pool, key));
    if (!call) return;
    const result = await resultOf(deps, key, call);
    const ended = await retryWhileDatabaseAway(() => endCall(deps.pool, key, result));
    publishResult(deps.wire, key, ended);
  };
  return (key: CallKey) => withHeartbeats(() => run(key));
}

async function resultOf(deps: RunToolDeps, key: CallKey, call: BegunCall): Promise<CallResult> {
  if (call.attempts >= MAX_ATTEMPTS)
    return failed('tool_interrupted', 'The call was interrupted each time that it was made.');
  if (call.attempts > 0 && !call.plan.idempotent)
    return failed('tool_interrupted', 'The call was interrupted. It may have had its effect; it was not made again.');
  const checked = checkCall(deps.tools.list(), { ...call, argumentsText: call.arguments });
  if (!checked.ok) return failed(checked.code, checked.message);
  // The tool decides, not the plan. A plan lacks the need for approval where the call was planned before its server
  // connected, or where a sub-agent calls a tool that it was not offered.
  const refusal = checked.tool.needsApproval || call.plan.needsApproval ? await refusalOf(deps.pool, key) : null;
  if (refusal) return refusal;
  const context = createToolContext(deps.pool, { ...key, chatId: call.chatId });
  const { cancellationSignal: signal } = Context.current();
  const result = await deps.tools.run({ name: call.name, arguments: checked.arguments }, { signal, context });
  // A worker that shuts down hands over a call that can be repeated.
  if (call.plan.idempotent && signal.aborted && !isStop(signal.reason)) throw handOver();
  return result;
}

const refusals = {
  undecided: ['not_approved', 'The call has not been approved.'],
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
