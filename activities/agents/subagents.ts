import { Context } from '@temporalio/activity';
import { beginTask, endTask, readTaskEnd } from '../../db/agents/subagents.js';
import { beginCall, type CallKey, type CallResult, endCall } from '../../db/agents/toolCalls.js';
import type { CallPlan } from '../../domain/agents/agent.js';
import { builtins, checkCall } from '../../domain/agents/tools.js';
import { type FailureCode, failures } from '../../domain/log/failures.js';
import { fittingResult } from '../../llm/tools/toolResult.js';
import { withHeartbeats } from '../heartbeats.js';
import { askSubagent, readTask, type SubagentDeps } from './askSubagent.js';
import { publishResult } from './publishResult.js';
import { createSubagentBudget } from './subagentBudget.js';

/** The steps of a sub-agent: the start and the end of its task, and its calls of the model. */
export function createSubagentActivities(deps: SubagentDeps) {
  const budgetOf = createSubagentBudget();
  return {
    /** False when there is nothing to do: the call has ended or is invalid. */
    async beginSubagent(key: CallKey): Promise<boolean> {
      const call = await beginCall(deps.pool, key);
      if (!call) return false;
      const refuse = async (content: string): Promise<false> => {
        publishResult(deps.wire, key, await endCall(deps.pool, key, { success: false, content }));
        return false;
      };
      const checked = checkCall(builtins, { ...call, argumentsText: call.arguments });
      if (!checked.ok) return refuse(`${checked.code}: ${checked.message}`);
      const task = await readTask(deps.pool, key);
      if (!task) return refuse('bad_arguments: `task` must say what is to be done.');
      const { model } = await deps.providerOf(key.turnId);
      return beginTask(deps.pool, key, task, model);
    },
    async askSubagent(input: CallKey & { iteration: number }): Promise<{ calls: CallPlan[] }> {
      const budget = budgetOf(input.turnId);
      const { cancellationSignal } = Context.current();
      try {
        return { calls: await withHeartbeats(() => askSubagent(deps, input, budget, cancellationSignal)) };
      } finally {
        budget.release();
      }
    },
    async endSubagent({ code, ...key }: CallKey & { code: FailureCode | null }): Promise<void> {
      const task = (await readTask(deps.pool, key)) ?? { task: '', instructions: '' };
      const { iterations, usage } = await readTaskEnd(deps.pool, key);
      const { promptTokens = 0, completionTokens = 0, llmCallCount = 0 } = usage ?? {};
      const status = code === null ? 'done' : 'failed';
      await endTask(deps.pool, key, task, { status, promptTokens, completionTokens, llmCallCount });
      const result = code === null ? fittingResult(iterations.at(-1)?.text ?? '') : failedResult(code);
      publishResult(deps.wire, key, await endCall(deps.pool, key, result));
    },
  };
}

const failedResult = (code: FailureCode): CallResult => ({
  success: false,
  content: `${code}: ${failures[code].message}`,
});
