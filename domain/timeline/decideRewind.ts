import { strongerStop } from '../turns/decideStop.js';
import { type Floor, isFloorTaken, type LockedChat } from '../turns/floor.js';
import { type Refusal, refuse } from '../turns/refusal.js';
import type { StopMark } from '../turns/turn.js';
import { isChatFull } from './chatLimits.js';
import { isInLog } from './isInLog.js';

/** `interrupt`: stop what runs and empty the queue, so that the rewind can be tried again. */
export type RewindCommand = { toSeq: number; interrupt: boolean };

export type RewindDecision =
  | Refusal<'chat_full' | 'no_such_seq' | 'turn_in_progress'>
  | { action: 'interrupt'; turnId: string; mark: StopMark }
  /** Hide the events after `toSeq`. */
  | { action: 'rewind' };

export function decideRewind(
  { toSeq, interrupt }: RewindCommand,
  { chat, queued, holderStop }: Floor & { chat: LockedChat },
): RewindDecision {
  if (isChatFull(chat)) return refuse('chat_full');
  if (!isInLog(toSeq, chat)) return refuse('no_such_seq', 'toSeq');
  const turnId = chat.activeTurnId;
  if (interrupt && turnId !== null) return { action: 'interrupt', turnId, mark: strongerStop(holderStop, 'interrupt') };
  return isFloorTaken(chat, { queued }) ? refuse('turn_in_progress') : { action: 'rewind' };
}

/** The newest event of a log. `toSeq` is that of a `chat_rewound`. */
export type NewestEvent = { seq: number; kind: string; toSeq: number | null };

export type UndoDecision =
  | Refusal<'chat_full' | 'turn_in_progress' | 'rewind_not_last'>
  | { action: 'undo'; rewindSeq: number; toSeq: number };

/** Only the rewind that is the newest event of the log can be undone. */
export function decideUndo({
  chat,
  queued,
  newest,
}: Pick<Floor, 'queued'> & { chat: LockedChat; newest: NewestEvent | null }): UndoDecision {
  if (isChatFull(chat)) return refuse('chat_full');
  if (isFloorTaken(chat, { queued })) return refuse('turn_in_progress');
  if (newest?.kind !== 'chat_rewound' || newest.toSeq === null) return refuse('rewind_not_last');
  return { action: 'undo', rewindSeq: newest.seq, toSeq: newest.toSeq };
}
