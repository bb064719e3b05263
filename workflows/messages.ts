import { ApplicationFailure, defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { TurnStatusReport } from '../domain/turns/engine.js';

/** What operators and the api send a turn. From the Temporal UI every Update takes one JSON object. */
export const turnStatus = defineQuery<TurnStatusReport>('turnStatus');

export const stopReplySignal = defineSignal('stopReply');
export const stopReplyUpdate = defineUpdate<void, []>('stopReply');

/** Arguments come from people too: what they hold is looked at before it is believed. */
export const retryStepSignal = defineSignal<[unknown]>('retryStep');
export const retryStepUpdate = defineUpdate<void, [unknown]>('retryStep');
export const skipStepSignal = defineSignal<[unknown]>('skipStep');
export const skipStepUpdate = defineUpdate<void, [unknown]>('skipStep');
export const approveSignal = defineSignal<[unknown]>('approve');
export const approveUpdate = defineUpdate<void, [unknown]>('approve');

/** What the UI's dialogs say of each. */
export const descriptions = {
  turnStatus: 'Status, phase and steps, with the last error of each. No argument.',
  stopReply: 'Ends the reply as a client’s stop does: its text so far is kept. No argument.',
  retryStep: 'Runs a stuck step again. {"step": "NAME"}: the names are under Current Details and in StuckSteps.',
  skipStep: 'Gives a stuck step up: the turn ends without it, with a warning. {"step": "NAME"}',
  approve: 'Allows or denies a call of a tool that waits. {"callId": "ID", "approved": true}',
} as const;

/**
 * A command that is malformed, or doesn't fit the turn as it stands. The sender reads `code: says`, and no stack
 * trace, which the UI would show below it: the slip is not in the code.
 */
export function refuse(code: 'bad_argument' | 'step_not_stuck' | 'approval_not_pending', says: string): never {
  const failure = ApplicationFailure.create({ type: code, message: `${code}: ${says}`, nonRetryable: true });
  failure.stack = '';
  throw failure;
}
