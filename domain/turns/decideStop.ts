import { hasEnded } from './endStatus.js';
import type { StopMark, TurnStatus } from './turn.js';

export type StopDecision =
  /** The turn has ended. */
  | { action: 'nothing' }
  /** The turn has not begun: it is cancelled immediately. */
  | { action: 'cancel' }
  | { action: 'mark'; mark: StopMark };

/** Decides what a stop does to a turn. Repeating the same command changes nothing. */
export function decideStop(
  { mark }: { mark: StopMark },
  turn: { status: TurnStatus; stop: StopMark | null },
): StopDecision {
  if (hasEnded(turn)) return { action: 'nothing' };
  if (turn.status === 'queued') return { action: 'cancel' };
  return { action: 'mark', mark: strongerStop(turn.stop, mark) };
}

/** The mark of a turn that is stopped again: a rollback replaces any other mark, otherwise the first mark stays. */
export const strongerStop = (current: StopMark | null, asked: StopMark): StopMark =>
  asked === 'rollback' ? asked : (current ?? asked);
