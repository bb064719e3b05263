import { CancellationScope, executeChild, ParentClosePolicy } from '@temporalio/workflow';
import { type CallPlan, MAX_ITERATIONS } from '../../domain/agents/agent.js';
import type { FailureCode } from '../../domain/log/failures.js';
import { SUBAGENT_WORKFLOW, summary, WORKFLOW_TASK_TIMEOUT_MS } from '../../domain/turns/engine.js';
import {
  askSubagent,
  beginSubagent,
  endSubagent,
  failCall,
  routeStreamsApart,
  runTool,
  streamsRoute,
} from '../activities.js';
import { searchAttributesOfParent } from '../turns/searchable.js';
import { codeOf } from '../turns/steps.js';

type Task = { turnId: string; callId: string };
type SubagentInput = Task & { streams?: 'apart' };

/** Runs a task in a sub-agent: a child workflow, which ends with its turn. */
export async function delegate(turnId: string, { callId }: CallPlan): Promise<void> {
  await executeChild(SUBAGENT_WORKFLOW, {
    workflowId: `${turnId}/${callId}`,
    args: [{ turnId, callId, ...streamsRoute() }],
    parentClosePolicy: ParentClosePolicy.TERMINATE,
    workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT_MS,
    staticSummary: summary('sub-agent', null),
    typedSearchAttributes: searchAttributesOfParent(),
  });
}

/** The same loop as an agent's. Its answer is the result of the call that began it, and it never fails its turn. */
export async function subagent({ streams, ...task }: SubagentInput): Promise<void> {
  routeStreamsApart(streams);
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
      await Promise.all(calls.map((call) => runCall(task, call)));
    }
  } catch (error) {
    code = codeOf(error);
  } finally {
    await CancellationScope.nonCancellable(() => endSubagent({ ...task, code }));
  }
}

/** A failed call becomes a result that the sub-agent reads. */
async function runCall({ turnId }: Task, call: CallPlan): Promise<void> {
  try {
    await runTool(call)({ turnId, callId: call.callId });
  } catch (error) {
    if (CancellationScope.current().consideredCancelled) throw error;
    await failCall({ turnId, callId: call.callId, code: codeOf(error) });
  }
}
