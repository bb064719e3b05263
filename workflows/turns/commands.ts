import { setHandler } from '@temporalio/workflow';
import {
  type ApprovalCommand,
  type StepCommand,
  toApprovalCommand,
  toStepCommand,
} from '../../domain/turns/operator.js';
import {
  approveSignal,
  approveUpdate,
  descriptions,
  refuse,
  retryStepSignal,
  retryStepUpdate,
  skipStepSignal,
  skipStepUpdate,
} from '../messages.js';
import type { Progress } from './progress.js';
import type { Steps } from './steps.js';

/**
 * Commands about stuck steps. An Update that does not fit is rejected before it enters the history, with a message that
 * lists what is possible. A Signal that does not fit changes nothing, since it has no reply.
 */
export function handleStepCommands(progress: Progress, steps: Steps): void {
  const stuck = () => `Stuck: ${listed(steps.stuck())}.`;

  const mustBeStuck = (sent: unknown): void => {
    const command = toStepCommand(sent);
    if (!command) refuse('bad_argument', `send one JSON object, {"step": "NAME"}. ${stuck()}`);
    if (steps.stuck().includes(command.step)) return;
    const found = progress.find(command.step);
    refuse('step_not_stuck', `${found ? `${found.name} is ${found.status}` : 'the turn has no such step'}. ${stuck()}`);
  };
  const retry = ({ step }: StepCommand): void => steps.retry(step);
  const skip = ({ step }: StepCommand): Promise<void> => steps.skip(step);
  const ifValid = (run: (command: StepCommand) => void | Promise<void>) => (sent: unknown) => {
    const command = toStepCommand(sent);
    return command ? run(command) : undefined;
  };

  setHandler(retryStepSignal, ifValid(retry), { description: descriptions.retryStep });
  setHandler(skipStepSignal, ifValid(skip), { description: descriptions.skipStep });
  setHandler(retryStepUpdate, ifValid(retry), { description: descriptions.retryStep, validator: mustBeStuck });
  setHandler(skipStepUpdate, ifValid(skip), { description: descriptions.skipStep, validator: mustBeStuck });
}

/** Decisions on tool calls, by the call's id. */
export function handleApprovals(progress: Progress): ReadonlyMap<string, ApprovalCommand> {
  const decided = new Map<string, ApprovalCommand>();
  const waiting = () => `Waiting: ${listed(progress.pendingApprovals())}.`;

  // Accepted before the approval is requested, too: the decision is already in Postgres, and this signal only says to look.
  const approve = (sent: unknown): void => {
    const command = toApprovalCommand(sent);
    if (command) decided.set(command.callId, command);
  };
  const mustBePending = (sent: unknown): void => {
    const command = toApprovalCommand(sent);
    if (!command) refuse('bad_argument', `send one JSON object, {"callId": "ID", "approved": true}. ${waiting()}`);
    if (progress.pendingApprovals().includes(command.callId) && !decided.has(command.callId)) return;
    refuse('approval_not_pending', `no call of that id waits for approval. ${waiting()}`);
  };

  setHandler(approveSignal, approve, { description: descriptions.approve });
  setHandler(approveUpdate, approve, { description: descriptions.approve, validator: mustBePending });
  return decided;
}

const listed = (names: string[]) => (names.length > 0 ? names.join(', ') : 'none');
