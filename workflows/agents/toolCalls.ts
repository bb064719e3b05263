import { CancellationScope, isCancellation } from '@temporalio/workflow';
import type { CallPlan } from '../../domain/agents/agent.js';
import { stepName } from '../../domain/turns/stepName.js';
import { awaitOperator, decideApproval, failCall, requestApproval, resumeTurn, runTool } from '../activities.js';
import type { Ears } from '../turns/reply.js';
import { showPhase } from '../turns/searchable.js';
import { codeOf } from '../turns/steps.js';
import { delegate } from './subagents.js';

/** Runs the calls of one iteration side by side. What goes wrong is a result that the model reads; a stop ends all. */
export async function runCalls(turnId: string, calls: CallPlan[], ears: Ears): Promise<void> {
  const approvals = createApprovals(turnId, ears);
  const run = async (call: CallPlan): Promise<void> => {
    const step = stepName.tool(call.callId);
    ears.progress.set(step, 'running');
    try {
      if (call.needsApproval) await approvals.ask(call);
      await (call.delegates ? delegate(turnId, call) : runTool(call)({ turnId, callId: call.callId }));
      ears.progress.set(step, 'done');
    } catch (error) {
      if (isCancellation(error)) return ears.progress.set(step, 'skipped');
      const code = codeOf(error);
      await CancellationScope.nonCancellable(() => failCall({ turnId, callId: call.callId, code }));
      ears.progress.set(step, 'done', code);
    }
  };
  try {
    await ears.control.stoppable(() => Promise.all(calls.map(run)));
  } catch (error) {
    if (!isCancellation(error)) throw error;
  }
}

/** People decide on calls. Meanwhile the turn waits for them, and keeps the floor. */
function createApprovals(turnId: string, { control, progress }: Ears) {
  let waiting = 0;

  const wait = async (): Promise<void> => {
    waiting += 1;
    if (waiting > 1) return;
    await awaitOperator({ turnId, keepFloor: true });
    progress.enter('replying', 'awaiting_operator');
    showPhase('awaiting_operator');
  };
  const goOn = async (): Promise<void> => {
    waiting -= 1;
    if (waiting > 0) return;
    await resumeTurn({ turnId });
    progress.enter('replying', 'running');
    showPhase('replying');
  };

  return {
    /** Resolves once Postgres knows a decision, or that there will be none: the call itself looks which. */
    async ask({ callId, tool }: CallPlan): Promise<void> {
      if ((await requestApproval({ turnId, callId })) !== 'asked') return;
      await wait();
      try {
        const decision = await control.approval({ callId, tool });
        await decideApproval({ turnId, callId, approved: decision?.approved ?? false });
      } finally {
        await CancellationScope.nonCancellable(goOn);
      }
    },
  };
}
