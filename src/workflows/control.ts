import { CancellationScope, condition, setHandler } from '@temporalio/workflow';
import {
  type ApprovalCommand,
  approveSignal,
  approveUpdate,
  refuse,
  retryStepSignal,
  retryStepUpdate,
  type StepCommand,
  skipStepSignal,
  skipStepUpdate,
  stopReplySignal,
  stopReplyUpdate,
  turnStatus,
} from './messages.js';
import type { Progress } from './progress.js';
import { OPERATOR_PATIENCE, type Steps } from './steps.js';

/** A turn's ear: what it was told, and the scope that a stop cancels. */
export type Control = {
  /** As if it had been told to stop: the mark was there before the workflow. */
  stop(): void;
  /** Runs what a stop ends early. After a stop it is cancelled from its first await on. */
  stoppable<T>(work: () => Promise<T>): Promise<T>;
  stopped(): boolean;
  /** How often it was told to stop: after the last beat that means "look whether the turn has ended". */
  stops(): number;
  /** Waits until somebody has decided on a call of a tool; null when nobody did in time. */
  approval(callId: string): Promise<ApprovalCommand | null>;
};

/** Handlers are set before the first await, so that no message comes too early. */
export function listen(progress: Progress, steps: Steps): Control {
  let stops = 0;
  let scope: CancellationScope | undefined;
  const stop = (): void => {
    stops += 1;
    scope?.cancel();
  };
  const isStuck = ({ step }: StepCommand) => steps.stuck().includes(step);
  const mustBeStuck = (command: StepCommand): void => {
    if (!isStuck(command)) refuse('step_not_stuck');
  };
  const retry = ({ step }: StepCommand): void => steps.retry(step);
  const skip = ({ step }: StepCommand): Promise<void> => steps.skip(step);

  const asked = new Set<string>();
  const decided = new Map<string, ApprovalCommand>();
  // Also before it is asked for: what the api was told is in Postgres by then, and this only says to look.
  const approve = (command: ApprovalCommand): void => void decided.set(command.callId, command);
  const mustBeAsked = ({ callId }: ApprovalCommand): void => {
    if (!asked.has(callId) || decided.has(callId)) refuse('approval_not_pending');
  };

  setHandler(turnStatus, () => progress.report());
  setHandler(stopReplySignal, stop);
  setHandler(stopReplyUpdate, () => stop());
  setHandler(retryStepSignal, retry);
  setHandler(skipStepSignal, skip);
  setHandler(retryStepUpdate, retry, { validator: mustBeStuck });
  setHandler(skipStepUpdate, skip, { validator: mustBeStuck });
  setHandler(approveSignal, approve);
  setHandler(approveUpdate, approve, { validator: mustBeAsked });

  return {
    stop,
    stoppable: (work) => {
      scope = new CancellationScope();
      if (stops > 0) scope.cancel();
      return scope.run(work);
    },
    stopped: () => stops > 0 || CancellationScope.current().consideredCancelled,
    stops: () => stops,
    async approval(callId) {
      asked.add(callId);
      await condition(() => decided.has(callId), OPERATOR_PATIENCE);
      asked.delete(callId);
      return decided.get(callId) ?? null;
    },
  };
}
