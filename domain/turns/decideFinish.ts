import { hasEnded } from './endStatus.js';
import type { TurnStatus } from './turn.js';

/** A turn, and the turn that holds the floor of its chat. */
export type HeldTurn = { turnId: string; status: TurnStatus; activeTurnId: string | null };

export type FinishDecision = {
  /** False if the turn has ended before: finishing may run more than once. */
  ends: boolean;
  successor:
    | { action: 'pass_floor' }
    /** The floor was passed before. The turn that got it is the successor until its workflow opens it. */
    | { action: 'name_holder'; turnId: string }
    | { action: 'none' };
};

/** Decides what finishing a turn changes in the turn and in the floor of its chat. */
export function decideFinish(turn: HeldTurn): FinishDecision {
  return { ends: !hasEnded(turn), successor: successorOf(turn) };
}

function successorOf({ turnId, activeTurnId }: HeldTurn): FinishDecision['successor'] {
  if (activeTurnId === turnId) return { action: 'pass_floor' };
  return activeTurnId === null ? { action: 'none' } : { action: 'name_holder', turnId: activeTurnId };
}

export type WaitDecision = { action: 'nothing' } | { action: 'wait'; passesFloor: boolean };

/** Decides whether a turn that waits for an operator keeps the floor. A parked reply keeps it. */
export function decideWait({ keepFloor }: { keepFloor: boolean }, turn: HeldTurn): WaitDecision {
  if (hasEnded(turn)) return { action: 'nothing' };
  return { action: 'wait', passesFloor: !keepFloor && turn.activeTurnId === turn.turnId };
}
