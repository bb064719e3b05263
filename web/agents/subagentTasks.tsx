import { t } from '../strings/strings.js';
import type { Task } from '../timeline/timeline.js';
import { formatArguments } from './agentSteps.js';

const tones: Record<Task['status'], string> = { running: '', done: 'good', failed: 'bad' };

/** The tasks of sub-agents, each with its status and its tool calls. */
export function SubagentTasks({ tasks }: { tasks: ReadonlyMap<string, Task> }) {
  return (
    <>
      {[...tasks.values()].map((task) => {
        const tone = tones[task.status];
        return (
          <details class={`call task ${tone}`} key={task.name}>
            <summary>
              <span class="call-name">{t().agents.subagent}</span>
              <span class="call-arguments">{task.name}</span>
              <span class={`tag ${tone}`}>{t().agents.taskStates[task.status]}</span>
            </summary>
            <p class="hint">
              {task.modelId && `${task.modelId}, `}
              {t().agents.toolCalls(task.calls.length)}
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
