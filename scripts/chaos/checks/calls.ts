import type { ProviderRequest } from '../provider/faultProxy.js';
import type { Book } from '../traffic/book.js';

export type Calls = {
  all: number;
  /** Repeated requests for a reply, except after a failure of the provider. */
  repliesAgain: number;
  /** The same for classifiers. */
  classifiersAgain: number;
  /** Repeated requests after a failure that was injected into the provider. */
  afterFaults: number;
  extraPerThousandTurns: number;
};

/** Counts repeated requests to the provider. Each request costs tokens, whether or not its answer is used. */
export function countCalls(asked: ProviderRequest[], book: Book): Calls {
  const failed = new Map<string, number>();
  const seen = new Set<string>();
  const calls = { all: asked.length, repliesAgain: 0, classifiersAgain: 0, afterFaults: 0 };
  for (const { step, fault } of asked) {
    if (step === null) continue;
    const failures = failed.get(step) ?? 0;
    if (seen.has(step) && failures > 0) {
      failed.set(step, failures - 1);
      calls.afterFaults += 1;
    } else if (seen.has(step)) {
      if (step.includes('/reply:')) calls.repliesAgain += 1;
      else calls.classifiersAgain += 1;
    }
    seen.add(step);
    if (fault !== null) failed.set(step, (failed.get(step) ?? 0) + 1);
  }
  const extra = calls.repliesAgain + calls.classifiersAgain;
  return { ...calls, extraPerThousandTurns: Math.round((extra * 1_000) / Math.max(1, book.turns.size)) };
}
