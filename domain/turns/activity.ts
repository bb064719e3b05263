import type { AgentStep, ChatEvent, EventKind } from '../log/events.js';

/** A call of a tool; without `result` and `success` it has not ended. */
export type ToolCall = { id: string; name: string; arguments: unknown; result?: string; success?: boolean };

type TaskStatus = 'running' | 'done' | 'failed';
type TaskUsage = { promptTokens: number; completionTokens: number; llmCallCount: number };

/** What sub-agents did, each by its task's name. */
export type Subagents = {
  calls: Record<string, ToolCall[]>;
  status: Record<string, TaskStatus>;
  models: Record<string, string>;
  tokenUsage: Record<string, TaskUsage>;
};

/** What led to a reply, as its message shows it. Fields without content are left out. */
export type ShownActivity = {
  steps?: AgentStep[];
  toolCalls?: ToolCall[];
  citations?: unknown[];
  planningArtifacts?: unknown[];
  /**
   * The reasoning that was appended, else the thinking that the model streamed; parts are separated by a blank line.
   */
  reasoning?: string;
  subagents?: Subagents;
};

export const activityKinds = [
  'tool_call_start',
  'tool_call_end',
  'subagent_task_start',
  'subagent_tool_call_start',
  'subagent_tool_call_end',
  'subagent_task_end',
  'citations',
  'planning_artifact',
  'reasoning',
] as const satisfies EventKind[];

/** An event that shows in the message of a reply. */
export type ActivityEvent = Extract<ChatEvent, { kind: (typeof activityKinds)[number] }>;

type Calls = Map<string, ToolCall>;
type Task = { calls: Calls; status: TaskStatus; modelId: string; usage: TaskUsage };

/** What a turn did besides its text, folded from its events in order of `seq`. */
export type Activity = {
  calls: Calls;
  tasks: Map<string, Task>;
  citations: unknown[];
  planningArtifacts: unknown[];
  reasoning: string[];
};

/** Folds the events of one turn, in order of `seq`. */
export function foldActivity(events: Iterable<ActivityEvent>): Activity {
  const activity: Activity = {
    calls: new Map(),
    tasks: new Map(),
    citations: [],
    planningArtifacts: [],
    reasoning: [],
  };
  for (const event of events) addActivity(activity, event);
  return activity;
}

function addActivity(activity: Activity, event: ActivityEvent): void {
  switch (event.kind) {
    case 'tool_call_start':
      beginCall(activity.calls, event.data);
      return;
    case 'tool_call_end':
      endCall(activity.calls, event.data);
      return;
    case 'subagent_task_start':
      beginTask(activity, event.data);
      return;
    case 'subagent_tool_call_start':
      beginCall(taskOf(activity, event.data.task).calls, event.data);
      return;
    case 'subagent_tool_call_end':
      endCall(taskOf(activity, event.data.task).calls, event.data);
      return;
    case 'subagent_task_end':
      endTask(activity, event.data);
      return;
    case 'citations':
      activity.citations.push(...event.data.citations);
      return;
    case 'planning_artifact':
      activity.planningArtifacts.push(event.data.planningArtifact);
      return;
    case 'reasoning':
      activity.reasoning.push(event.data.reasoning);
      return;
  }
}

type Started = { id: string; name: string; arguments?: unknown };

function beginCall(calls: Calls, { id, name, arguments: sent }: Started): void {
  calls.set(id, { id, name, arguments: sent ?? null });
}

function endCall(calls: Calls, { id, name, result, success }: Started & { result: string; success: boolean }): void {
  calls.set(id, { ...(calls.get(id) ?? { id, name, arguments: null }), result, success });
}

/** Two tasks with the same name are shown as one. */
function taskOf({ tasks }: Activity, name: string): Task {
  const usage = { promptTokens: 0, completionTokens: 0, llmCallCount: 0 };
  const task = tasks.get(name) ?? { calls: new Map(), status: 'running', modelId: '', usage };
  tasks.set(name, task);
  return task;
}

function beginTask(activity: Activity, { task, modelId }: { task: string; modelId: string }): void {
  Object.assign(taskOf(activity, task), { status: 'running', modelId });
}

function endTask(activity: Activity, end: TaskUsage & { task: string; status: 'done' | 'failed' }): void {
  const task = taskOf(activity, end.task);
  task.status = end.status;
  task.usage = {
    promptTokens: task.usage.promptTokens + end.promptTokens,
    completionTokens: task.usage.completionTokens + end.completionTokens,
    llmCallCount: task.usage.llmCallCount + end.llmCallCount,
  };
}

/** The fields of the reply's message. `over`: the turn has ended, so a task without an end has failed. */
export function showActivity(activity: Activity, steps: AgentStep[] | undefined, over: boolean): ShownActivity {
  const { calls, tasks, citations, planningArtifacts } = activity;
  const thoughts = steps?.flatMap(({ type, content }) => (type === 'thinking' && content ? [content] : [])) ?? [];
  const reasoning = (activity.reasoning.length > 0 ? activity.reasoning : thoughts).join('\n\n');
  return {
    ...(steps ? { steps } : {}),
    ...(calls.size > 0 ? { toolCalls: [...calls.values()] } : {}),
    ...(citations.length > 0 ? { citations } : {}),
    ...(planningArtifacts.length > 0 ? { planningArtifacts } : {}),
    ...(reasoning ? { reasoning } : {}),
    ...(tasks.size > 0 ? { subagents: showTasks([...tasks], over) } : {}),
  };
}

function showTasks(tasks: [string, Task][], over: boolean): Subagents {
  const by = <T>(show: (task: Task) => T) => Object.fromEntries(tasks.map(([name, task]) => [name, show(task)]));
  return {
    calls: by(({ calls }) => [...calls.values()]),
    status: by(({ status }) => (over && status === 'running' ? 'failed' : status)),
    models: by(({ modelId }) => modelId),
    tokenUsage: by(({ usage }) => usage),
  };
}
