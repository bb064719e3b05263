import type { EventKind } from '../log/events.js';
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

/**
 * Kinds that show nothing by themselves: choices between versions, which name events that were there before, and the
 * beginning and end of a turn. `strategy_unlinked` is caused by another chat.
 */
export const followNothing = [
  'turn_superseded',
  'version_activated',
  'assistant_turn_started',
  'turn_completed',
  'chat_titled',
  'strategy_unlinked',
] as const satisfies EventKind[];

/**
 * The newest event of a timeline, but for those of `followNothing`: a version of a reply that another one replaced is
 * not in the timeline. `toSeq` is that of a `chat_rewound`.
 */
export type NewestEvent = { seq: number; kind: string; toSeq: number | null };

export type UndoDecision =
  | Refusal<'chat_full' | 'turn_in_progress' | 'rewind_not_last'>
  | { action: 'undo'; rewindSeq: number; toSeq: number };

/**
 * Only a rewind that nothing in the timeline followed can be undone. An earlier message that was edited is such a rewind
 * and a new version: once the old version is active again, what followed it can be restored.
 */
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
