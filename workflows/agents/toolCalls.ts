import { CancellationScope } from '@temporalio/workflow';
import type { CallPlan } from '../../domain/agents/agent.js';
import { stepName } from '../../domain/turns/stepName.js';
import {
  awaitOperator,
  decideApproval,
  failCall,
  isCancelled,
  requestApproval,
  resumeTurn,
  runTool,
} from '../activities.js';
import type { RunningTurn } from '../turns/reply.js';
import { publishPhase } from '../turns/searchable.js';
import { codeOf } from '../turns/steps.js';
import { delegate } from './subagents.js';

/** Runs the calls of one iteration side by side. A failed call becomes a result that the model reads; a stop ends all. */
export async function runCalls(turnId: string, calls: CallPlan[], running: RunningTurn): Promise<void> {
  const approvals = createApprovals(turnId, running);
  const run = async (call: CallPlan): Promise<void> => {
    const step = stepName.tool(call.callId);
    running.progress.set(step, 'running');
    try {
      if (call.needsApproval) await approvals.ask(call);
      await (call.delegates ? delegate(turnId, call) : runTool(call)({ turnId, callId: call.callId }));
      running.progress.set(step, 'done');
    } catch (error) {
      if (isCancelled(error)) return running.progress.set(step, 'skipped');
      const code = codeOf(error);
      await CancellationScope.nonCancellable(() => failCall({ turnId, callId: call.callId, code }));
      running.progress.set(step, 'done', code);
    }
  };
  try {
    await running.control.stoppable(() => Promise.all(calls.map(run)));
  } catch (error) {
    if (!isCancelled(error)) throw error;
  }
}

/** Requests approvals. The turn keeps the floor while at least one is pending. */
function createApprovals(turnId: string, { control, progress }: RunningTurn) {
  let waiting = 0;

  const wait = async (): Promise<void> => {
    waiting += 1;
    if (waiting > 1) return;
    await awaitOperator({ turnId, keepFloor: true });
    progress.enter('replying', 'awaiting_operator');
    publishPhase('awaiting_operator');
  };
  const resume = async (): Promise<void> => {
    waiting -= 1;
    if (waiting > 0) return;
    await resumeTurn({ turnId });
    progress.enter('replying', 'running');
    publishPhase('replying');
  };

  return {
    /** Resolves once Postgres has the decision, or the timeout as one. The call itself reads which. */
    async ask({ callId, tool }: CallPlan): Promise<void> {
      if ((await requestApproval({ turnId, callId })) !== 'asked') return;
      await wait();
      try {
        const decision = await control.approval({ callId, tool });
        await decideApproval({
          turnId,
          callId,
          approved: decision?.approved ?? false,
          ...(decision ? {} : { timedOut: true }),
        });
      } finally {
        await CancellationScope.nonCancellable(resume);
      }
    },
  };
}
