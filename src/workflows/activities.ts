import {
  ActivityCancellationType,
  ActivityFailure,
  ApplicationFailure,
  isCancellation,
  proxyActivities,
  proxyLocalActivities,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';

const bounds = { startToCloseTimeout: '10 s', retry: { initialInterval: '100 ms', maximumInterval: '2 s' } } as const;

const ordinary = proxyActivities<Activities>(bounds);
const local = proxyLocalActivities<Activities>({
  scheduleToCloseTimeout: '1 s',
  retry: { initialInterval: '50 ms', backoffCoefficient: 1.5 },
});

type ShortStep = Exclude<keyof Activities, 'streamReply' | 'classify' | 'summarizeScene' | 'reconcileTurns'>;

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

function isFinal(error: unknown): boolean {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  return cause instanceof ApplicationFailure && cause.nonRetryable === true;
}

/** Short steps by name, each local first. */
const short = <K extends ShortStep>(name: K) =>
  ((input: never) =>
    localFirst(
      () => (local[name] as (input: never) => Promise<unknown>)(input),
      () => (ordinary[name] as (input: never) => Promise<unknown>)(input),
    )) as unknown as Activities[K];

export const openTurn = short('openTurn');
export const closeReply = short('closeReply');
export const finishTurn = short('finishTurn');
export const guessAddressee = short('guessAddressee');
export const writeMemory = short('writeMemory');
export const closeScene = short('closeScene');
export const markStuck = short('markStuck');
export const skipStep = short('skipStep');
export const awaitOperator = short('awaitOperator');
export const resumeTurn = short('resumeTurn');
export const scenePovs = short('scenePovs');
export const isTurnOver = short('isTurnOver');

/**
 * Attempts without a limit: the activity counts those that the provider failed and ends them itself. A worker
 * that dies is noticed by its heartbeats, and its attempt never counts.
 */
export const streamReply = (summary: string) =>
  proxyActivities<Activities>({
    summary,
    startToCloseTimeout: '2 h',
    heartbeatTimeout: '3 s',
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: { initialInterval: '200 ms', backoffCoefficient: 1.2, maximumInterval: '1 s' },
  }).streamReply;

/** The type of the failure that an activity ended with: its code. */
export function failureType(error: unknown): string | null {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  return cause instanceof ApplicationFailure ? (cause.type ?? null) : null;
}
