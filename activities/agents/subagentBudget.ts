import { TurnFailure } from '../../domain/log/failures.js';
import { MAX_REPLY_UNITS } from '../../llm/replyLimits.js';

/** The part of the shared budget that one sub-agent of a turn uses. */
export type BudgetShare = {
  /** `units`: UTF-16 code units. Throws `reply_too_large` when all sub-agents together hold more than one reply may. */
  spend(units: number): void;
  release(): void;
};

/** Bounds the memory of a turn's sub-agents in this worker: together they hold no more than one reply may. */
export function createSubagentBudget(): (turnId: string) => BudgetShare {
  const held = new Map<string, number>();
  const change = (turnId: string, by: number): number => {
    const units = (held.get(turnId) ?? 0) + by;
    if (units > 0) held.set(turnId, units);
    else held.delete(turnId);
    return units;
  };
  return (turnId) => {
    let own = 0;
    return {
      spend(units) {
        own += units;
        if (change(turnId, units) > MAX_REPLY_UNITS) throw new TurnFailure('reply_too_large');
      },
      release() {
        change(turnId, -own);
        own = 0;
      },
    };
  };
}
