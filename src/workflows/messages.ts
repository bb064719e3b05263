import { ApplicationFailure, defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { TurnStatusReport } from '../domain/engine.js';

/** What operators and the api send a turn. From the Temporal UI every Update takes one JSON object. */
export const turnStatus = defineQuery<TurnStatusReport>('turnStatus');

export const stopReplySignal = defineSignal('stopReply');
export const stopReplyUpdate = defineUpdate<void, []>('stopReply');

export type StepCommand = { step: string };
export const retryStepSignal = defineSignal<[StepCommand]>('retryStep');
export const retryStepUpdate = defineUpdate<void, [StepCommand]>('retryStep');
export const skipStepSignal = defineSignal<[StepCommand]>('skipStep');
export const skipStepUpdate = defineUpdate<void, [StepCommand]>('skipStep');

export type ApprovalCommand = { callId: string; approved: boolean };
export const approveSignal = defineSignal<[ApprovalCommand]>('approve');
export const approveUpdate = defineUpdate<void, [ApprovalCommand]>('approve');

/** A command that doesn't fit the turn as it stands. Its code is what the sender reads. */
export function refuse(code: string): never {
  throw ApplicationFailure.create({ type: code, message: code, nonRetryable: true });
}
