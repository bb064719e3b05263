import { CancellationScope, executeChild, ParentClosePolicy } from '@temporalio/workflow';
import { type CallPlan, MAX_ITERATIONS } from '../../domain/agents/agent.js';
import type { FailureCode } from '../../domain/log/failures.js';
import { SUBAGENT_WORKFLOW, summary, WORKFLOW_TASK_TIMEOUT_MS } from '../../domain/turns/engine.js';
import {
  askSubagent,
  beginSubagent,
  endSubagent,
  failCall,
  runTool,
  sendStreamsApart,
  whereStreamsGo,
} from '../activities.js';
import { searchedWithTurn } from '../turns/searchable.js';
import { codeOf } from '../turns/steps.js';

type Task = { turnId: string; callId: string };
type SubagentInput = Task & { streams?: 'apart' };

/** Has a task done by a sub-agent: a workflow of its own, which ends with its turn. */
export async function delegate(turnId: string, { callId }: CallPlan): Promise<void> {
  await executeChild(SUBAGENT_WORKFLOW, {
    workflowId: `${turnId}/${callId}`,
    args: [{ turnId, callId, ...whereStreamsGo() }],
    parentClosePolicy: ParentClosePolicy.TERMINATE,
    workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT_MS,
    staticSummary: summary('sub-agent', null),
    typedSearchAttributes: searchedWithTurn(),
  });
}

/** A sub-agent: the same loop, whose answer is the result of the call that began it. It never fails its turn. */
export async function subagent({ streams, ...task }: SubagentInput): Promise<void> {
  sendStreamsApart(streams);
  const begun = await beginSubagent(task);
  if (!begun) return;
  let code: FailureCode | null = 'max_iterations';
  try {
    for (let iteration = 0; iteration < MAX_ITERATIONS; iteration++) {
      const { calls } = await askSubagent({ ...task, iteration });
      if (calls.length === 0) {
        code = null;
        break;
      }
      await Promise.all(calls.map((call) => make(task, call)));
    }
  } catch (error) {
    code = codeOf(error);
  } finally {
    await CancellationScope.nonCancellable(() => endSubagent({ ...task, code }));
  }
}

/** What goes wrong with a call is a result that the sub-agent reads. */
async function make({ turnId }: Task, call: CallPlan): Promise<void> {
  try {
    await runTool(call)({ turnId, callId: call.callId });
  } catch (error) {
    if (CancellationScope.current().consideredCancelled) throw error;
    await failCall({ turnId, callId: call.callId, code: codeOf(error) });
  }
}
