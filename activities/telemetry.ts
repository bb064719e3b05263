import type { Pass } from '../db/reconciler/reconcilePass.js';
import type { FirstToken } from '../db/streaming/leases.js';
import type { ClassifierName } from '../domain/classifiers/classifier.js';
import type { FailureCode } from '../domain/log/failures.js';
import type { ChatKind, TokenUsage } from '../domain/turns/turn.js';

/** What a model is called for. */
export type CallPurpose = 'reply' | 'iteration' | 'subagent' | 'classifier';

export type ModelCall = {
  purpose: CallPurpose;
  /** Of a classifier. */
  classifier?: ClassifierName;
  model: string;
  /** Each is null where it is not at hand, or there is none: a scene that was closed by hand is of no turn. */
  chatId: string | null;
  turnId: string | null;
  step: string;
  attempt: number;
};

/** How a call ended: with a code where it failed, stopped where nobody wanted it any more. */
export type CallEnd = {
  outcome: 'done' | 'failed' | 'stopped';
  code?: FailureCode;
  /** What made it fail, for the log. */
  cause?: unknown;
  usage?: TokenUsage | null;
  reason?: string;
};

export type CallWatch = {
  /** A piece of the answer was read. Called for every token: it may do next to nothing. */
  delta(): void;
  ended(end: CallEnd): void;
};

/** An attempt at a reply, or at an iteration of an agent. */
export type ReplyAttempt = { turnId: string; chatId: string; kind: ChatKind; step: string; attempt: number };

/**
 * How an attempt begins. `adopted`: with the stream that an earlier one left running in this process; `resumed`:
 * with the reply that the provider keeps; `continued`: after the kept text; `restarted`: from nothing, while viewers
 * have seen something; `again`: from nothing, and nobody has.
 */
export const attemptStarts = ['first', 'adopted', 'resumed', 'continued', 'restarted', 'again'] as const;
export type AttemptStart = (typeof attemptStarts)[number];

export type AttemptEnd =
  | { outcome: 'landed' | 'stopped' | 'superseded' | 'handed_over' }
  | { outcome: 'failed'; code: FailureCode; cause: unknown };

/**
 * What activities say of their work to whoever counts, logs and traces it: ids, codes, counts and times, and never a
 * word of what was said. Nothing of it throws or waits.
 */
export type Telemetry = {
  calls(call: ModelCall): CallWatch;
  firstToken(kind: ChatKind, first: FirstToken): void;
  /** `lost`: the attempt before never said how it ended. */
  attemptBegan(attempt: ReplyAttempt, how: AttemptStart, lost: boolean): void;
  attemptEnded(attempt: ReplyAttempt, end: AttemptEnd): void;
  /** A pass of the reconciler over the turns that have not ended. */
  passEnded(pass: Pass): void;
  /** The reconciler could not look after one turn: the next pass will try. */
  notReconciled(turnId: string, cause: unknown): void;
};
