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
  | 'titleChat'
  | 'impersonate'
  | 'reconcileTurns'
  | 'sendWebhook'
  | 'giveUpWebhook';
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
 * Runs a short step as a local activity, which costs no round trip. A local activity blocks the workflow's signals and
 * queries, so it gives up after a second, as when Postgres is away, and the step runs as an ordinary activity.
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

/** A short step by name, local first. `about` is the call's label in the Temporal UI. */
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

/** Sends this workflow's replies, tools and sub-agents to the workers that run only streams, from now on. */
export function routeStreamsApart(streams: 'apart' | undefined): void {
  isApart = streams === 'apart';
}

/** Passes the route of the turn's streams on to a sub-agent. */
export const streamsRoute = (): { streams?: 'apart' } => (isApart ? { streams: 'apart' } : {});

const onStreamsQueue = () => (isApart ? { taskQueue: streamsQueue(workflowInfo().taskQueue) } : {});

/**
 * Temporal's attempts have no limit: the activity counts the provider's failures and makes the last one final. Missing
 * heartbeats show that a worker died, and its attempt does not count.
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

/** The activity counts the model's failures. An attempt that is lost with its worker does not count. */
export const askSubagent: Activities['askSubagent'] = (input) =>
  proxyActivities<Activities>({
    ...onStreamsQueue(),
    summary: 'sub-agent',
    startToCloseTimeout: '2 h',
    heartbeatTimeout: '3 s',
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: { initialInterval: '200 ms', backoffCoefficient: 1.2, maximumInterval: '1 s' },
  }).askSubagent(input);

/** Time beyond the tool's own timeout, to notice the timeout and store the result. */
const CALL_MARGIN_MS = 30_000;

/**
 * One tool call, by the tool's own policy. Temporal retries only calls whose worker was lost: a tool's error is a result.
 * The activity decides whether the tool may be called again after a loss.
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

/**
 * Whether a call was cancelled. One whose worker is lost, or hands it over, before it has answered the cancellation fails
 * instead, and the server does not retry it.
 */
export const isCancelled = (error: unknown): boolean =>
  isCancellation(error) || (error instanceof ActivityFailure && error.retryState === 'CANCEL_REQUESTED');

/** The type of an activity's failure, which is its code. */
export const failureType = (error: unknown): string | null => causeOf(error)?.type ?? null;

/** The number of failures that the activity counted, if it did. */
export function failureCount(error: unknown): number | null {
  const count = causeOf(error)?.details?.[0];
  return typeof count === 'number' ? count : null;
}

function causeOf(error: unknown): ApplicationFailure | undefined {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  return cause instanceof ApplicationFailure ? cause : undefined;
}
