import { type Floor, isFloorTaken, type LockedChat } from '../turns/floor.js';
import { type Refusal, refuse } from '../turns/refusal.js';
import { isChatFull } from './chatLimits.js';

/** `turn` is any version of the reply, `version` the one to have in the timeline. */
export type ActivateCommand = { turn: { rootId: string }; version: { id: string; rootId: string } | null };

export type ActivateState = Pick<Floor, 'queued'> & {
  chat: LockedChat;
  /** Whether the version's reply is in the log, and whether a mark hides it. */
  landing: 'none' | 'hidden' | 'landed';
  /** The version that is in the timeline. */
  activeId: string;
};

export type ActivateDecision =
  | Refusal<'version_not_found' | 'chat_full' | 'turn_in_progress' | 'version_not_landed'>
  /** The version is active already. */
  | { action: 'nothing' }
  | { action: 'activate'; replacedId: string };

/** A version can be activated once its reply has landed, while no rewind hides it, and while no turn runs or waits. */
export function decideActivate(
  { turn, version }: ActivateCommand,
  { chat, queued, landing, activeId }: ActivateState,
): ActivateDecision {
  if (version?.rootId !== turn.rootId) return refuse('version_not_found');
  if (isChatFull(chat)) return refuse('chat_full');
  if (isFloorTaken(chat, { queued })) return refuse('turn_in_progress');
  switch (landing) {
    case 'none':
      return refuse('version_not_landed');
    case 'hidden':
      return refuse('version_not_found');
    case 'landed':
      return version.id === activeId ? { action: 'nothing' } : { action: 'activate', replacedId: activeId };
  }
}
