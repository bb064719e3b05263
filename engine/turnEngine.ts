import {
  type Client,
  WorkflowExecutionAlreadyStartedError,
  type WorkflowExecutionDescription,
  WorkflowNotFoundError,
} from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType, TypedSearchAttributes } from '@temporalio/common';
import {
  fairnessKey,
  SUMMARIZE_SCENE_WORKFLOW,
  startDetails,
  summary,
  TURN_WORKFLOW,
  type TurnStatusReport,
  WORKFLOW_TASK_TIMEOUT_MS,
} from '../domain/turns/engine.js';
import type { FailingTask, FoundWorkflow } from '../domain/turns/reconcile.js';
import { readFailingTask } from './failingTask.js';

export type StartTurn = {
  turnId: string;
  chatId: string;
  owner: string;
  kind: string;
  speaker: string | null;
  /** The traceparent of the request that asked for it, with tracing. */
  trace?: string;
};
export type ClosedScene = { chatId: string; sceneId: string };
export type Deadline = { deadlineMs: number };

/** The client's side of a turn's workflow. Every call is bounded by its deadline and throws when Temporal is away. */
export type TurnEngine = {
  /** Already started is success. */
  start(turn: StartTurn, deadline: Deadline): Promise<void>;
  requestStop(turnId: string, deadline: Deadline): Promise<'signalled' | 'not_found'>;
  /** What an operator asks of a stuck step; the workflow ignores it when the step is not stuck any more. */
  commandStep(
    turnId: string,
    command: 'retryStep' | 'skipStep',
    step: { step: string },
    deadline: Deadline,
  ): Promise<'sent' | 'not_found'>;
  /** Tells a turn that somebody has decided on a call of a tool. */
  approve(
    turnId: string,
    decision: { callId: string; approved: boolean },
    deadline: Deadline,
  ): Promise<'sent' | 'not_found'>;
  /** Has a scene that was closed by hand summarized. Already started is success. */
  summarizeScene(scene: ClosedScene, deadline: Deadline): Promise<void>;
  describe(turnId: string, deadline: Deadline): Promise<FoundWorkflow>;
  /** Ends a workflow that can't go on. One that is closed or not there is success. */
  terminate(turnId: string, reason: string, deadline: Deadline): Promise<void>;
  /** The workflow's own account of its turn; needs a live worker. */
  status(turnId: string, deadline: Deadline): Promise<TurnStatusReport>;
};

const keyword = (name: string) => defineSearchAttributeKey(name, SearchAttributeType.KEYWORD);
const keys = {
  chatId: keyword('ChatId'),
  owner: keyword('Owner'),
  turnKind: keyword('TurnKind'),
  turnPhase: keyword('TurnPhase'),
};

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
    // Whoever starts it, and whenever: it belongs to the request that asked for it.
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
        const options = {
          workflowId: `${scene.chatId}/${scene.sceneId}`,
          taskQueue,
          args: [scene],
          workflowIdConflictPolicy: 'USE_EXISTING',
          staticSummary: 'scene closed by hand',
          typedSearchAttributes: new TypedSearchAttributes([{ key: keys.chatId, value: scene.chatId }]),
        } as const;
        await client.workflow.start(SUMMARIZE_SCENE_WORKFLOW, options).catch(ignoreStarted);
      }),
    terminate: (turnId, reason, deadline) =>
      within(deadline, async () => {
        await client.workflow.getHandle(turnId).terminate(reason).catch(ignoreNotFound);
      }),
    describe: (turnId, deadline) => within(deadline, () => describe(client, turnId)),
    status: (turnId, deadline) =>
      within(deadline, () => client.workflow.getHandle(turnId).query<TurnStatusReport>('turnStatus')),
  };
}

function startOptions(turn: StartTurn, taskQueue: string) {
  return {
    workflowId: turn.turnId,
    taskQueue,
    args: [{ turnId: turn.turnId, chatId: turn.chatId }],
    workflowIdReusePolicy: 'REJECT_DUPLICATE',
    workflowIdConflictPolicy: 'USE_EXISTING',
    workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT_MS,
    // its activities and children inherit it
    priority: { fairnessKey: fairnessKey(turn.owner) },
    staticSummary: summary(`${turn.kind} turn`, turn.speaker),
    staticDetails: startDetails(turn),
    typedSearchAttributes: new TypedSearchAttributes([
      { key: keys.chatId, value: turn.chatId },
      { key: keys.owner, value: turn.owner },
      { key: keys.turnKind, value: turn.kind },
      { key: keys.turnPhase, value: 'replying' },
    ]),
  } as const;
}

/** Whether there is a running workflow that takes it. */
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

/** A turn waits for its sub-agents: one that can't go on holds the turn up. The next turn is a child too, and does not. */
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
