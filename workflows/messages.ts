import { ApplicationFailure, defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { TurnStatusReport } from '../domain/turns/engine.js';

/** Messages from operators and the api. In the Temporal UI every Update takes one JSON object. */
export const turnStatus = defineQuery<TurnStatusReport>('turnStatus');

export const stopReplySignal = defineSignal('stopReply');
export const stopReplyUpdate = defineUpdate<void, []>('stopReply');

/** Operators type arguments by hand, so they are validated. */
export const retryStepSignal = defineSignal<[unknown]>('retryStep');
export const retryStepUpdate = defineUpdate<void, [unknown]>('retryStep');
export const skipStepSignal = defineSignal<[unknown]>('skipStep');
export const skipStepUpdate = defineUpdate<void, [unknown]>('skipStep');
export const approveSignal = defineSignal<[unknown]>('approve');
export const approveUpdate = defineUpdate<void, [unknown]>('approve');

/** Descriptions in the dialogs of the Temporal UI. */
export const descriptions = {
  turnStatus: 'Status, phase and steps, with the last error of each. No argument.',
  stopReply: 'Stops the reply and keeps its text so far, as a stop by a client does. No argument.',
  retryStep: 'Runs a stuck step again. {"step": "NAME"}: the names are under Current Details and in StuckSteps.',
  skipStep: 'Skips a stuck step: the turn ends without it, with a warning. {"step": "NAME"}',
  approve: 'Allows or denies a tool call that waits for approval. {"callId": "ID", "approved": true}',
} as const;

/**
 * Rejects a command that is malformed or does not fit the state of the turn. The sender reads `code: says`. The stack
 * trace is removed, because the UI would show it below and it does not help the operator.
 */
export function refuse(code: 'bad_argument' | 'step_not_stuck' | 'approval_not_pending', says: string): never {
  const failure = ApplicationFailure.create({ type: code, message: `${code}: ${says}`, nonRetryable: true });
  failure.stack = '';
  throw failure;
}
