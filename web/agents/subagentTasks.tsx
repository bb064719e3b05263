import type { Task } from '../timeline/timeline.js';
import { shown } from './agentSteps.js';

const words: Record<Task['status'], [string, string]> = {
  running: ['running', ''],
  done: ['done', 'good'],
  failed: ['failed', 'bad'],
};

/** What an agent has handed to others: each task with its state and the calls of tools that it made. */
export function SubagentTasks({ tasks }: { tasks: ReadonlyMap<string, Task> }) {
  return (
    <>
      {[...tasks.values()].map((task) => {
        const [state, tone] = words[task.status];
        return (
          <details class={`call task ${tone}`} key={task.name}>
            <summary>
              <span class="call-name">sub-agent</span>
              <span class="call-arguments">{task.name}</span>
              <span class={`tag ${tone}`}>{state}</span>
            </summary>
            <p class="hint">
              {task.modelId && `${task.modelId}, `}
              {task.calls.length === 0 ? 'no calls of tools' : `${task.calls.length} calls of tools:`}
            </p>
            <ul class="counts">
              {task.calls.map((call) => (
                <li key={call.id}>
                  <code>{call.name}</code> {shown(call.arguments)}
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
