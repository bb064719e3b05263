import {
  ActivityCancellationType,
  ActivityFailure,
  ApplicationFailure,
  isCancellation,
  proxyActivities,
  proxyLocalActivities,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';
import type { CallPlan } from '../domain/agents/agent.js';
import { streamsQueue, summary } from '../domain/turns/engine.js';

const bounds = { startToCloseTimeout: '10 s', retry: { initialInterval: '100 ms', maximumInterval: '2 s' } } as const;

const ordinary = proxyActivities<Activities>(bounds);
const local = proxyLocalActivities<Activities>({
  scheduleToCloseTimeout: '1 s',
  retry: { initialInterval: '50 ms', backoffCoefficient: 1.5 },
});

type LongStep =
  | 'streamReply'
  | 'streamIteration'
  | 'runTool'
  | 'askSubagent'
  | 'classify'
  | 'summarizeScene'
  | 'reconcileTurns';
type ShortStep = Exclude<keyof Activities, LongStep>;

let isLocalRunning = false;
const waitingForLocal: (() => void)[] = [];

/**
 * Local activities of a workflow run one after another. Several at once resolve in the order in which they complete,
 * and on replay, where a workflow task ended in between, in the order in which they were scheduled: the workflow would
 * issue its next commands in another order, and fail. One that finds none running is scheduled at once.
 */
async function oneAtATime<T>(call: () => Promise<T>): Promise<T> {
  if (isLocalRunning) await new Promise<void>((resolve) => waitingForLocal.push(resolve));
  isLocalRunning = true;
  try {
    return await call();
  } finally {
    const next = waitingForLocal.shift();
    if (next) next();
    else isLocalRunning = false;
  }
}

/**
 * A short step runs as a local activity, which costs no round trip. Since that blocks the workflow's signals
 * and queries, it gives up within a second, when Postgres is away, and goes on as an ordinary activity.
 */
async function localFirst<T>(callLocal: () => Promise<T>, callOrdinary: () => Promise<T>): Promise<T> {
  try {
    return await callLocal();
  } catch (error) {
    if (isCancellation(error) || isFinal(error)) throw error;
    return callOrdinary();
  }
}

const isFinal = (error: unknown): boolean => causeOf(error)?.nonRetryable === true;

type Input<K extends ShortStep> = Parameters<Activities[K]>[0];
type Call = { executeWithOptions(options: { summary?: string }, args: unknown[]): Promise<unknown> };

/** Short steps by name, each local first. `about` is what the UI says of a call beside the name. */
const short = <K extends ShortStep>(name: K, about?: (input: Input<K>) => string) =>
  ((input: Input<K>) => {
    const options = about ? { summary: summary(about(input), null) } : {};
    return localFirst(
      () => oneAtATime(() => (local[name] as unknown as Call).executeWithOptions(options, [input])),
      () => (ordinary[name] as unknown as Call).executeWithOptions(options, [input]),
    );
  }) as unknown as Activities[K];

export const openTurn = short('openTurn');
export const closeReply = short('closeReply');
export const finishTurn = short('finishTurn');
export const guessAddressee = short('guessAddressee');
export const proposeChanges = short('proposeChanges');
export const writeMemory = short('writeMemory');
export const closeScene = short('closeScene');
export const markStuck = short('markStuck', ({ step, code }) => `stuck: ${step}, ${code}`);
export const skipStep = short('skipStep', ({ step }) => `skipped: ${step}`);
export const awaitOperator = short('awaitOperator');
export const resumeTurn = short('resumeTurn');
export const scenePovs = short('scenePovs');
export const isTurnOver = short('isTurnOver');
export const startTurn = short('startTurn', ({ turnId }) => `next: ${turnId}`);

export const landAgent = short('landAgent');
export const beginSubagent = short('beginSubagent');
export const endSubagent = short('endSubagent');
export const failCall = short('failCall', ({ callId, code }) => `failed: ${callId}, ${code}`);
export const requestApproval = short('requestApproval', ({ callId }) => `approval asked for: ${callId}`);
export const decideApproval = short(
  'decideApproval',
  ({ callId, approved }) => `${approved ? 'approved' : 'denied'}: ${callId}`,
);

let isApart = false;

/** From now on this workflow's replies, tools and sub-agents go to the workers that run only those. */
export function sendStreamsApart(streams: 'apart' | undefined): void {
  isApart = streams === 'apart';
}

/** What tells a sub-agent where its turn's streams go. */
export const whereStreamsGo = (): { streams?: 'apart' } => (isApart ? { streams: 'apart' } : {});

const onStreamsQueue = () => (isApart ? { taskQueue: streamsQueue(workflowInfo().taskQueue) } : {});

/**
 * Attempts without a limit: the activity counts those that the provider failed and ends them itself. A worker
 * that dies is noticed by its heartbeats, and its attempt never counts.
 */
const streaming = (summary: string) =>
  proxyActivities<Activities>({
    ...onStreamsQueue(),
    summary,
    startToCloseTimeout: '2 h',
    heartbeatTimeout: '3 s',
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: { initialInterval: '200 ms', backoffCoefficient: 1.2, maximumInterval: '1 s' },
  });
export const streamReply = (summary: string) => streaming(summary).streamReply;
export const streamIteration = (summary: string) => streaming(summary).streamIteration;

/** The failures of the model are counted by the activity; a lost worker's attempt is none. */
export const askSubagent: Activities['askSubagent'] = (input) =>
  proxyActivities<Activities>({
    ...onStreamsQueue(),
    summary: 'sub-agent',
    startToCloseTimeout: '2 h',
    heartbeatTimeout: '3 s',
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: { initialInterval: '200 ms', backoffCoefficient: 1.2, maximumInterval: '1 s' },
  }).askSubagent(input);

/** What a call may take beyond its tool's own time: to find that it is over, and to keep what came of it. */
const CALL_MARGIN_MS = 30_000;

/**
 * One call of a tool, by the tool's own policy. Attempts are repeated for lost workers only: what a tool does
 * wrong is a result, and whether and how often it is called again after a loss is for the activity to say, which knows.
 */
export const runTool = (call: CallPlan) =>
  proxyActivities<Activities>({
    ...onStreamsQueue(),
    summary: summary('tool', call.tool),
    startToCloseTimeout: call.timeoutMs + CALL_MARGIN_MS,
    heartbeatTimeout: '3 s',
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: { initialInterval: '200 ms', backoffCoefficient: 1.5, maximumInterval: '2 s' },
  }).runTool;

/** The type of the failure that an activity ended with: its code. */
export const failureType = (error: unknown): string | null => causeOf(error)?.type ?? null;

/** How often the activity failed before it ended so, if it counted. */
export function failureCount(error: unknown): number | null {
  const count = causeOf(error)?.details?.[0];
  return typeof count === 'number' ? count : null;
}

function causeOf(error: unknown): ApplicationFailure | undefined {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  return cause instanceof ApplicationFailure ? cause : undefined;
}
