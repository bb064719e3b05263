import type { Asked } from '../provider/front.js';
import type { Book } from '../traffic/book.js';

export type Calls = {
  all: number;
  /** Requests for a reply that was asked for before, though the provider had not failed it. */
  repliesAgain: number;
  /** The same for classifiers. */
  classifiersAgain: number;
  /** Requests that followed a failure that the provider was told to have. */
  afterFaults: number;
  extraPerThousandTurns: number;
};

/** What was asked of the provider more often than once. Each request costs tokens, whatever became of its answer. */
export function countCalls(asked: Asked[], book: Book): Calls {
  const failed = new Map<string, number>();
  const seen = new Set<string>();
  const calls = { all: asked.length, repliesAgain: 0, classifiersAgain: 0, afterFaults: 0 };
  for (const { step, fault } of asked) {
    if (step === null) continue;
    const excuses = failed.get(step) ?? 0;
    if (seen.has(step) && excuses > 0) {
      failed.set(step, excuses - 1);
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
