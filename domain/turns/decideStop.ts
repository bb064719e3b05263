import { hasEnded } from './endStatus.js';
import type { StopMark, TurnStatus } from './turn.js';

export type StopDecision =
  /** The turn has ended. */
  | { action: 'nothing' }
  /** The turn has not begun: it is cancelled at once. */
  | { action: 'cancel' }
  | { action: 'mark'; mark: StopMark };

/** What a command to stop does to a turn. The same command may come any number of times. */
export function decideStop(
  { mark }: { mark: StopMark },
  turn: { status: TurnStatus; stop: StopMark | null },
): StopDecision {
  if (hasEnded(turn)) return { action: 'nothing' };
  if (turn.status === 'queued') return { action: 'cancel' };
  return { action: 'mark', mark: strongerStop(turn.stop, mark) };
}

/** The mark of a turn that is asked to stop again: a rollback replaces each other mark, else the first one stays. */
export const strongerStop = (current: StopMark | null, asked: StopMark): StopMark =>
  asked === 'rollback' ? asked : (current ?? asked);
