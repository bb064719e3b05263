import { CancellationScope, condition, setHandler } from '@temporalio/workflow';
import { summary } from '../../domain/turns/engine.js';
import type { ApprovalCommand } from '../../domain/turns/operator.js';
import { descriptions, stopReplySignal, stopReplyUpdate, turnStatus } from '../messages.js';
import { listenForApprovals, listenForStepCommands } from './commands.js';
import type { AskedView } from './details.js';
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
  approval(call: AskedView): Promise<ApprovalCommand | null>;
};

/** Handlers are set before the first await, so that no message comes too early. */
export function listen(progress: Progress, steps: Steps): Control {
  let stops = 0;
  let scope: CancellationScope | undefined;
  const stop = (): void => {
    stops += 1;
    scope?.cancel();
  };

  setHandler(turnStatus, () => progress.report(), { description: descriptions.turnStatus });
  setHandler(stopReplySignal, stop, { description: descriptions.stopReply });
  setHandler(stopReplyUpdate, () => stop(), { description: descriptions.stopReply });
  listenForStepCommands(progress, steps);
  const decided = listenForApprovals(progress);

  return {
    stop,
    stoppable: (work) => {
      scope = new CancellationScope();
      if (stops > 0) scope.cancel();
      return scope.run(work);
    },
    stopped: () => stops > 0 || CancellationScope.current().consideredCancelled,
    stops: () => stops,
    async approval(call) {
      const { callId, tool } = call;
      progress.asks(call);
      try {
        const wait = { summary: summary('denied when this fires', tool ? `${tool}, ${callId}` : callId) };
        await condition(() => decided.has(callId), OPERATOR_PATIENCE, wait);
      } finally {
        progress.asksNoMore(callId);
      }
      return decided.get(callId) ?? null;
    },
  };
}
