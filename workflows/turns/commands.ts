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
 * Commands about stuck steps. An Update that can't be followed is refused before it is in the history, and says
 * what could be; a Signal of that kind has nobody to tell and changes nothing.
 */
export function listenForStepCommands(progress: Progress, steps: Steps): void {
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
  const heard = (follow: (command: StepCommand) => void | Promise<void>) => (sent: unknown) => {
    const command = toStepCommand(sent);
    return command ? follow(command) : undefined;
  };

  setHandler(retryStepSignal, heard(retry), { description: descriptions.retryStep });
  setHandler(skipStepSignal, heard(skip), { description: descriptions.skipStep });
  setHandler(retryStepUpdate, heard(retry), { description: descriptions.retryStep, validator: mustBeStuck });
  setHandler(skipStepUpdate, heard(skip), { description: descriptions.skipStep, validator: mustBeStuck });
}

/** What people decided on calls of tools, by the call's id. */
export function listenForApprovals(progress: Progress): ReadonlyMap<string, ApprovalCommand> {
  const decided = new Map<string, ApprovalCommand>();
  const waiting = () => `Waiting: ${listed(progress.asked())}.`;

  // Also before it is asked for: what the api was told is in Postgres by then, and this only says to look.
  const approve = (sent: unknown): void => {
    const command = toApprovalCommand(sent);
    if (command) decided.set(command.callId, command);
  };
  const mustBeAsked = (sent: unknown): void => {
    const command = toApprovalCommand(sent);
    if (!command) refuse('bad_argument', `send one JSON object, {"callId": "ID", "approved": true}. ${waiting()}`);
    if (progress.asked().includes(command.callId) && !decided.has(command.callId)) return;
    refuse('approval_not_pending', `no call of that id waits for approval. ${waiting()}`);
  };

  setHandler(approveSignal, approve, { description: descriptions.approve });
  setHandler(approveUpdate, approve, { description: descriptions.approve, validator: mustBeAsked });
  return decided;
}

const listed = (names: string[]) => (names.length > 0 ? names.join(', ') : 'none');
