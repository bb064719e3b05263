import { CancellationScope, setHandler } from '@temporalio/workflow';
import {
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
import type { Steps } from './steps.js';

/** A turn's ear: what it was told, and the scope that a stop cancels. */
export type Control = {
  /** As if it had been told to stop: the mark was there before the workflow. */
  stop(): void;
  /** Runs what a stop ends early. After a stop it is cancelled from its first await on. */
  stoppable<T>(work: () => Promise<T>): Promise<T>;
  stopped(): boolean;
  /** How often it was told to stop: after the last beat that means "look whether the turn has ended". */
  stops(): number;
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

  setHandler(turnStatus, () => progress.report());
  setHandler(stopReplySignal, stop);
  setHandler(stopReplyUpdate, () => stop());
  setHandler(retryStepSignal, retry);
  setHandler(skipStepSignal, skip);
  setHandler(retryStepUpdate, retry, { validator: mustBeStuck });
  setHandler(skipStepUpdate, skip, { validator: mustBeStuck });
  // No step of this kind of turn asks for approval: the Update says so, the Signal changes nothing.
  setHandler(approveSignal, () => {});
  setHandler(approveUpdate, () => {}, { validator: (_: { callId: string }): void => refuse('approval_not_pending') });

  return {
    stop,
    stoppable: (work) => {
      scope = new CancellationScope();
      if (stops > 0) scope.cancel();
      return scope.run(work);
    },
    stopped: () => stops > 0 || CancellationScope.current().consideredCancelled,
    stops: () => stops,
  };
}
