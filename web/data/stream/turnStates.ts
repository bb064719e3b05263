import type { StatusFrame, TurnStatus } from '../../../client/src/index.js';

/** A turn that has not ended. */
export type TurnState = Omit<StatusFrame, 'type'>;
export type TurnStates = ReadonlyMap<string, TurnState>;

const ended: ReadonlySet<TurnStatus> = new Set<TurnStatus>(['completed', 'cancelled', 'failed']);

/** The turns after a status: it replaces the turn's earlier one, and removes a turn that has ended. */
export function withStatus(turns: TurnStates, { turnId, status, phase, steps }: TurnState): TurnStates {
  if (ended.has(status)) return withoutTurn(turns, turnId);
  return new Map(turns).set(turnId, { turnId, status, phase, steps });
}

/** The turns without one of them; the same map where it is not among them. */
export function withoutTurn(turns: TurnStates, turnId: string): TurnStates {
  if (!turns.has(turnId)) return turns;
  const others = new Map(turns);
  others.delete(turnId);
  return others;
}

/** Whether a turn holds the floor. A turn that waits for an operator may have passed it on. */
export const isFloorHeld = (turns: TurnStates, activeTurnId: string | null): boolean =>
  [...turns.values()].some(({ status, turnId }) =>
    status === 'awaiting_operator' ? turnId === activeTurnId : status === 'running',
  );

export const isAnyQueued = (turns: TurnStates): boolean =>
  [...turns.values()].some(({ status }) => status === 'queued');
