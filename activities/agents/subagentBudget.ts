import { TurnFailure } from '../../domain/log/failures.js';
import { MAX_REPLY_UNITS } from '../../llm/replyLimits.js';

/** What one of a turn's sub-agents takes of the room that all of them share while they run. */
export type TakenRoom = {
  /** In UTF-16 code units. Throws `reply_too_large` when they hold more together than one reply may. */
  spend(units: number): void;
  release(): void;
};

/** The sub-agents of a turn that run at once in this worker hold no more together than one reply may: a model begins them by the dozen. */
export function createSharedRoom(): (turnId: string) => TakenRoom {
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
