import type { Pass } from '../db/reconciler/reconcilePass.js';
import type { FirstToken } from '../db/streaming/leases.js';
import type { ClassifierName } from '../domain/classifiers/index.js';
import type { FailureCode } from '../domain/log/failures.js';
import type { ChatKind, TokenUsage } from '../domain/turns/turn.js';
import type { DeliveryKey } from '../domain/webhooks/delivery.js';

/** The purpose of a model call. */
export type CallPurpose = 'reply' | 'iteration' | 'subagent' | 'impersonation' | 'classifier';

export type ModelCall = {
  purpose: CallPurpose;
  /** Of a classifier. */
  classifier?: ClassifierName;
  model: string;
  /** Null where unknown. A scene that was closed by hand belongs to no turn. */
  chatId: string | null;
  turnId: string | null;
  step: string;
  attempt: number;
};

/** How a call ended. `stopped`: its result was no longer needed. */
export type CallEnd = {
  outcome: 'done' | 'failed' | 'stopped';
  code?: FailureCode;
  /** The error, for the log. */
  cause?: unknown;
  usage?: TokenUsage | null;
  reason?: string;
};

export type CallWatch = {
  /** A piece of the answer was read. Called for each token, so it must be cheap. */
  delta(): void;
  ended(end: CallEnd): void;
};

/** An attempt at a reply, or at an iteration of an agent. */
export type ReplyAttempt = { turnId: string; chatId: string; kind: ChatKind; step: string; attempt: number };

/**
 * How an attempt begins. `adopted`: with the stream that an earlier attempt left running in this process; `resumed`: with
 * the response that the provider keeps; `continued`: after the text received so far; `restarted`: from the beginning,
 * after viewers have seen text; `again`: from the beginning, before viewers have seen text.
 */
export const attemptStarts = ['first', 'adopted', 'resumed', 'continued', 'restarted', 'again'] as const;
export type AttemptStart = (typeof attemptStarts)[number];

export type AttemptEnd =
  | { outcome: 'landed' | 'stopped' | 'superseded' | 'handed_over' }
  | { outcome: 'failed'; code: FailureCode; cause: unknown };

/** How an attempt at a delivery ended. `status` is null when there was no answer. */
export type DeliveryEnd =
  | { outcome: 'delivered' | 'webhook_gone' | 'given_up' }
  | { outcome: 'failed'; status: number | null; cause?: unknown };

/**
 * The port through which activities report to metrics, log and traces: ids, codes, counts and times, never prose. No
 * method throws or waits.
 */
export type Telemetry = {
  calls(call: ModelCall): CallWatch;
  firstToken(kind: ChatKind, first: FirstToken): void;
  /** `lost`: the attempt before did not record its end. */
  attemptBegan(attempt: ReplyAttempt, how: AttemptStart, lost: boolean): void;
  attemptEnded(attempt: ReplyAttempt, end: AttemptEnd): void;
  /** A pass of the reconciler over the turns that have not ended. */
  passEnded(pass: Pass): void;
  /** The reconciler could not handle one turn. The next pass tries again. */
  notReconciled(turnId: string, cause: unknown): void;
  /** An attempt to deliver an event to a webhook ended, or the delivery was given up. */
  deliveryEnded(key: DeliveryKey, end: DeliveryEnd): void;
  /** Open deliveries that were too old were removed. */
  deliveriesExpired(count: number): void;
  /** Deliveries could not be started. The next pass tries again. */
  deliveriesNotStarted(cause: unknown): void;
  /** The rows that ended turns left could not be removed. The next pass tries again. */
  notTrimmed(cause: unknown): void;
};
