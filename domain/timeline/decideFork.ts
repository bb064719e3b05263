import { type Floor, isFloorTaken, type LockedChat } from '../turns/floor.js';
import { type Refusal, refuse } from '../turns/refusal.js';
import { isInLog } from './isInLog.js';

export type ForkDecision = Refusal<'no_such_seq' | 'turn_in_progress'> | { action: 'fork' };

/** Whether a timeline may be copied up to a point. */
export function decideFork(
  { atSeq }: { atSeq: number },
  { chat, queued }: Pick<Floor, 'queued'> & { chat: LockedChat },
): ForkDecision {
  if (!isInLog(atSeq, chat)) return refuse('no_such_seq', 'atSeq');
  return isFloorTaken(chat, { queued }) ? refuse('turn_in_progress') : { action: 'fork' };
}
