import { hasEnded } from './endStatus.js';
import type { TurnStatus } from './turn.js';

/** A turn, and the turn that holds the floor of its chat. */
export type HeldTurn = { turnId: string; status: TurnStatus; activeTurnId: string | null };

export type FinishDecision = {
  /** False when the turn has ended before: finishing may run again. */
  ends: boolean;
  successor:
    | { action: 'pass_floor' }
    /** The floor was passed before: the turn that got it is the successor while its workflow has not opened it. */
    | { action: 'name_holder'; turnId: string }
    | { action: 'none' };
};

/** What finishing a turn does to it and to the floor of its chat. */
export function decideFinish(turn: HeldTurn): FinishDecision {
  return { ends: !hasEnded(turn), successor: successorOf(turn) };
}

function successorOf({ turnId, activeTurnId }: HeldTurn): FinishDecision['successor'] {
  if (activeTurnId === turnId) return { action: 'pass_floor' };
  return activeTurnId === null ? { action: 'none' } : { action: 'name_holder', turnId: activeTurnId };
}

export type WaitDecision = { action: 'nothing' } | { action: 'wait'; passesFloor: boolean };

/** What becomes of the floor when a turn waits for an operator. A parked reply keeps it. */
export function decideWait({ keepFloor }: { keepFloor: boolean }, turn: HeldTurn): WaitDecision {
  if (hasEnded(turn)) return { action: 'nothing' };
  return { action: 'wait', passesFloor: !keepFloor && turn.activeTurnId === turn.turnId };
}
