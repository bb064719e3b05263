import { decideRepeat } from '../turns/decideClaim.js';
import { type Floor, isFloorTaken, type LockedChat } from '../turns/floor.js';
import { type Refusal, refuse } from '../turns/refusal.js';
import type { ChatKind } from '../turns/turn.js';
import { isChatFull } from './chatLimits.js';

/** `userTurnSeq`: of the turn whose reply is to be replaced. All versions of a reply share it. */
export type RegenerateCommand = { requestHash: string; userTurnSeq: number; continues?: boolean };

/** `lastUserTurnSeq`: of the newest user turn that no mark hides. */
export type RegenerateState<Turn> = Pick<Floor, 'queued'> & {
  chat: LockedChat;
  repeated: Turn | null;
  lastUserTurnSeq: number | null;
  /** The version in the timeline, where it is to be continued. */
  continued?: { kind: ChatKind; texts: readonly string[] };
};

export type RegenerateDecision<Turn> =
  | Refusal<'idempotency_mismatch' | 'chat_full' | 'turn_in_progress' | 'not_last_turn' | 'not_continuable'>
  | { action: 'repeat'; turn: Turn }
  /** The turn gets the floor, and its reply replaces the active version when it lands. */
  | { action: 'regenerate' };

/** Only the last reply of a timeline can be replaced, and only while no turn runs or waits. */
export function decideRegenerate<Turn extends { requestHash: string }>(
  { requestHash, userTurnSeq, continues = false }: RegenerateCommand,
  { chat, queued, repeated, lastUserTurnSeq, continued }: RegenerateState<Turn>,
): RegenerateDecision<Turn> {
  if (repeated) return decideRepeat(requestHash, repeated);
  if (isChatFull(chat)) return refuse('chat_full');
  if (isFloorTaken(chat, { queued })) return refuse('turn_in_progress');
  if (lastUserTurnSeq !== userTurnSeq) return refuse('not_last_turn');
  if (continues && !(continued && isContinuable(continued))) return refuse('not_continuable');
  return { action: 'regenerate' };
}

/**
 * A reply of one speaker that has text. An agent's text is parted by its calls, and an upstream gets no beginning of its
 * reply. After an interjection two speakers have replied.
 */
function isContinuable({ kind, texts }: { kind: ChatKind; texts: readonly string[] }): boolean {
  const isOneText = texts.length === 1 && texts[0]?.trim() !== '';
  return isOneText && (kind === 'narrative' || kind === 'document');
}

/** What a version shares with the one that it replaces. `proseId` is the turn whose prose it answers. */
export type Version = { rootId: string; proseId: string; regenerates: string; editText: string | null };

/** A new version of a reply. With `text` it answers new prose, else that of the version that it replaces. */
export const newVersion = (
  { id, text }: { id: string; text: string | undefined },
  replaced: { id: string; rootId: string; proseId: string },
): Version => ({
  rootId: replaced.rootId,
  proseId: text === undefined ? replaced.proseId : id,
  regenerates: replaced.id,
  editText: text ?? null,
});
