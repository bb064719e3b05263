import {
  type Client,
  WorkflowExecutionAlreadyStartedError,
  type WorkflowExecutionDescription,
  WorkflowNotFoundError,
  type WorkflowStartOptions,
} from '@temporalio/client';
import { SUMMARIZE_SCENE_WORKFLOW, TURN_WORKFLOW, type TurnStatusReport } from '../domain/turns/engine.js';
import type { FailingTask, FoundWorkflow } from '../domain/turns/reconcile.js';
import { type StartTurn, searchKey, turnStart } from '../domain/turns/workflowStart.js';
import { readFailingTask } from './failingTask.js';

export type ClosedScene = { chatId: string; sceneId: string };
export type Deadline = { deadlineMs: number };

/** The client's side of a turn's workflow. Every call is bounded by its deadline and throws when Temporal is away. */
export type TurnEngine = {
  /** Already started is success. */
  start(turn: StartTurn, deadline: Deadline): Promise<void>;
  requestStop(turnId: string, deadline: Deadline): Promise<'signalled' | 'not_found'>;
  /** Retries or skips a stuck step. The workflow ignores the command when the step is not stuck any more. */
  commandStep(
    turnId: string,
    command: 'retryStep' | 'skipStep',
    step: { step: string },
    deadline: Deadline,
  ): Promise<'sent' | 'not_found'>;
  /** Sends a person's decision on a tool call. */
  approve(
    turnId: string,
    decision: { callId: string; approved: boolean },
    deadline: Deadline,
  ): Promise<'sent' | 'not_found'>;
  /** Starts the summary of a scene that was closed by hand. Already started is success. */
  summarizeScene(scene: ClosedScene, deadline: Deadline): Promise<void>;
  describe(turnId: string, deadline: Deadline): Promise<FoundWorkflow>;
  /** Which of at most 200 turns have a running workflow by the visibility store, which may be late by seconds. */
  listRunning(turnIds: readonly string[], deadline: Deadline): Promise<Set<string>>;
  /** Terminates a failing workflow. A workflow that is closed or not found is success. */
  terminate(turnId: string, reason: string, deadline: Deadline): Promise<void>;
  /** The turn as its workflow reports it. Needs a live worker. */
  status(turnId: string, deadline: Deadline): Promise<TurnStatusReport>;
};

/** The calls of a reconciler, each with this deadline. */
export function reconcilerCalls(
  engine: Pick<TurnEngine, 'describe' | 'listRunning' | 'terminate'>,
  deadline: Deadline,
) {
  return {
    describe: (turnId: string) => engine.describe(turnId, deadline),
    listRunning: (turnIds: readonly string[]) => engine.listRunning(turnIds, deadline),
    terminate: (turnId: string, reason: string) => engine.terminate(turnId, reason, deadline),
  };
}

/** Runs work as a part of a trace, where there is one. */
export type InTrace = <T>(trace: string | null | undefined, work: () => T) => T;

export function createTurnEngine({
  client,
  taskQueue,
  inTrace = (_trace, work) => work(),
}: {
  client: Client;
  taskQueue: string;
  inTrace?: InTrace;
}): TurnEngine {
  const within = <T>({ deadlineMs }: Deadline, call: () => Promise<T>) =>
    client.withDeadline(Date.now() + deadlineMs, call);
  return {
    // The workflow belongs to the trace of the request, also when the reconciler starts it later.
    start: (turn, deadline) =>
      inTrace(turn.trace, () =>
        within(deadline, async () => {
          await client.workflow.start(TURN_WORKFLOW, startOptions(turn, taskQueue)).catch(ignoreStarted);
        }),
      ),
    requestStop: (turnId, deadline) =>
      within(deadline, async () => ((await signal(client, turnId, 'stopReply')) ? 'signalled' : 'not_found')),
    commandStep: (turnId, command, step, deadline) =>
      within(deadline, async () => ((await signal(client, turnId, command, step)) ? 'sent' : 'not_found')),
    approve: (turnId, decision, deadline) =>
      within(deadline, async () => ((await signal(client, turnId, 'approve', decision)) ? 'sent' : 'not_found')),
    summarizeScene: (scene, deadline) =>
      within(deadline, async () => {
        await client.workflow.start(SUMMARIZE_SCENE_WORKFLOW, sceneStart(scene, taskQueue)).catch(ignoreStarted);
      }),
    terminate: (turnId, reason, deadline) =>
      within(deadline, async () => {
        await client.workflow.getHandle(turnId).terminate(reason).catch(ignoreNotFound);
      }),
    describe: (turnId, deadline) => within(deadline, () => describe(client, turnId)),
    listRunning: (turnIds, deadline) => within(deadline, () => listRunning(client, turnIds)),
    status: (turnId, deadline) =>
      within(deadline, () => client.workflow.getHandle(turnId).query<TurnStatusReport>('turnStatus')),
  };
}

const startOptions = (turn: StartTurn, taskQueue: string): WorkflowStartOptions => ({
  ...turnStart(turn),
  taskQueue,
  args: [{ turnId: turn.turnId, chatId: turn.chatId }],
  workflowIdConflictPolicy: 'USE_EXISTING',
});

const sceneStart = (scene: ClosedScene, taskQueue: string): WorkflowStartOptions => ({
  workflowId: `${scene.chatId}/${scene.sceneId}`,
  taskQueue,
  args: [scene],
  workflowIdConflictPolicy: 'USE_EXISTING',
  staticSummary: 'scene closed by hand',
  typedSearchAttributes: [{ key: searchKey('ChatId'), value: scene.chatId }],
});

/** Sends a signal. False when no workflow with this id runs. */
async function signal(client: Client, turnId: string, name: string, ...args: unknown[]): Promise<boolean> {
  try {
    await client.workflow.getHandle(turnId).signal(name, ...args);
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}

function ignoreStarted(error: unknown): void {
  if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
}

function ignoreNotFound(error: unknown): void {
  if (!(error instanceof WorkflowNotFoundError)) throw error;
}

async function describe(client: Client, turnId: string): Promise<FoundWorkflow> {
  try {
    const found = await client.workflow.getHandle(turnId).describe();
    const { runId, status } = found;
    const running = status.name === 'RUNNING' || status.name === 'PAUSED';
    if (!running) return { status: 'closed', runId, closedAs: status.name };
    return {
      status: 'running',
      runId,
      failing: (await readFailingTask(client, found)) ?? (await failingChild(client, found)),
    };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return { status: 'not_found' };
    throw error;
  }
}

async function listRunning(client: Client, turnIds: readonly string[]): Promise<Set<string>> {
  if (turnIds.length === 0) return new Set();
  const { executions } = await client.workflowService.listWorkflowExecutions({
    namespace: client.options.namespace,
    query: `ExecutionStatus = 'Running' and WorkflowId in (${turnIds.map((id) => `'${id}'`).join(', ')})`,
    pageSize: turnIds.length,
  });
  return new Set(executions.flatMap(({ execution }) => execution?.workflowId ?? []));
}

/** The failing task of a sub-agent: its turn waits for it. The next turn is a child too, but does not block this one. */
async function failingChild(client: Client, parent: WorkflowExecutionDescription): Promise<FailingTask | null> {
  const prefix = `${parent.workflowId}/`;
  const children = (parent.raw.pendingChildren ?? []).filter(({ workflowId }) => workflowId?.startsWith(prefix));
  const failing = await Promise.all(
    children.map(async ({ workflowId, runId }) => {
      const child = await client.workflow
        .getHandle(workflowId ?? '', runId ?? undefined)
        .describe()
        .catch(ignoreNotFound);
      return child?.status.name === 'RUNNING' ? readFailingTask(client, child) : null;
    }),
  );
  return failing.find((task) => task !== null) ?? null;
}
