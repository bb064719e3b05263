import type { Task } from '../timeline/timeline.js';
import { formatArguments } from './agentSteps.js';

const statusLabels: Record<Task['status'], [string, string]> = {
  running: ['running', ''],
  done: ['done', 'good'],
  failed: ['failed', 'bad'],
};

/** The tasks of sub-agents, each with its status and its tool calls. */
export function SubagentTasks({ tasks }: { tasks: ReadonlyMap<string, Task> }) {
  return (
    <>
      {[...tasks.values()].map((task) => {
        const [state, tone] = statusLabels[task.status];
        return (
          <details class={`call task ${tone}`} key={task.name}>
            <summary>
              <span class="call-name">sub-agent</span>
              <span class="call-arguments">{task.name}</span>
              <span class={`tag ${tone}`}>{state}</span>
            </summary>
            <p class="hint">
              {task.modelId && `${task.modelId}, `}
              {task.calls.length === 1 ? '1 tool call' : `${task.calls.length} tool calls`}
            </p>
            <ul class="counts">
              {task.calls.map((call) => (
                <li key={call.id}>
                  <code>{call.name}</code> {formatArguments(call.arguments)}
                  {call.result !== undefined && <pre>{call.result}</pre>}
                </li>
              ))}
            </ul>
          </details>
        );
      })}
    </>
  );
}
