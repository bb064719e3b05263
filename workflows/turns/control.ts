import { CancellationScope, condition, setHandler } from '@temporalio/workflow';
import { summary } from '../../domain/turns/engine.js';
import type { ApprovalCommand } from '../../domain/turns/operator.js';
import { descriptions, stopReplySignal, stopReplyUpdate, turnStatus } from '../messages.js';
import { handleApprovals, handleStepCommands } from './commands.js';
import type { PendingApproval } from './details.js';
import type { Progress } from './progress.js';
import { OPERATOR_TIMEOUT, type Steps } from './steps.js';

/** Signals received so far, and the cancellation scope that a stop cancels. */
export type Control = {
  /** For a stop that was requested before the workflow started. */
  stop(): void;
  /** Runs work that a stop cancels. After a stop, the work is cancelled at its first await. */
  stoppable<T>(work: () => Promise<T>): Promise<T>;
  stopped(): boolean;
  /** How many stops were received. After the last beat, a further stop means: check whether the turn has ended. */
  stopCount(): number;
  /** Waits for a decision on a tool call; null when the timeout passes without one. */
  approval(call: PendingApproval): Promise<ApprovalCommand | null>;
};

/** Registers all handlers. Called before the first await, so that no message arrives without its handler. */
export function handleMessages(progress: Progress, steps: Steps): Control {
  let stops = 0;
  let scope: CancellationScope | undefined;
  const stop = (): void => {
    stops += 1;
    scope?.cancel();
  };

  setHandler(turnStatus, () => progress.report(), { description: descriptions.turnStatus });
  setHandler(stopReplySignal, stop, { description: descriptions.stopReply });
  setHandler(stopReplyUpdate, () => stop(), { description: descriptions.stopReply });
  handleStepCommands(progress, steps);
  const decided = handleApprovals(progress);

  return {
    stop,
    stoppable: (work) => {
      scope = new CancellationScope();
      if (stops > 0) scope.cancel();
      return scope.run(work);
    },
    stopped: () => stops > 0 || CancellationScope.current().consideredCancelled,
    stopCount: () => stops,
    async approval(call) {
      const { callId, tool } = call;
      progress.approvalRequested(call);
      try {
        const wait = { summary: summary('denied when this fires', tool ? `${tool}, ${callId}` : callId) };
        await condition(() => decided.has(callId), OPERATOR_TIMEOUT, wait);
      } finally {
        progress.approvalResolved(callId);
      }
      return decided.get(callId) ?? null;
    },
  };
}
