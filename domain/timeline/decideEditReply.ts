import type { AgentStep, EventData, NewEvent } from '../log/events.js';
import { type Floor, isFloorTaken, type LockedChat } from '../turns/floor.js';
import { type Refusal, refuse } from '../turns/refusal.js';
import { isChatFull } from './chatLimits.js';

type Reply = EventData<'assistant_turn'>;

/** `beat`: which beat of the reply has the new text. */
export type EditReplyCommand = { beat: number; text: string };

export type EditReplyState = Pick<Floor, 'queued'> & {
  chat: LockedChat;
  /** The beats of the version that is in the timeline. */
  beats: readonly Reply[];
  /** How many changes of the document its text proposed. */
  changes: number;
};

export type EditReplyDecision =
  | Refusal<'chat_full' | 'turn_in_progress' | 'beat_not_found' | 'reply_has_changes'>
  /** The beat has this text already. */
  | { action: 'nothing' }
  /** `edited` is the beat as it was. */
  | { action: 'edit'; edited: Reply };

/**
 * A reply can be edited wherever it stands in the timeline, while no turn runs or waits. Changes that a reply proposes are
 * parts of its text: such a reply stays as it is.
 */
export function decideEditReply(
  { beat, text }: EditReplyCommand,
  { chat, queued, beats, changes }: EditReplyState,
): EditReplyDecision {
  if (isChatFull(chat)) return refuse('chat_full');
  if (isFloorTaken(chat, { queued })) return refuse('turn_in_progress');
  const edited = beats.find((each) => each.beat === beat);
  if (!edited) return refuse('beat_not_found');
  if (changes > 0) return refuse('reply_has_changes');
  return edited.text === text ? { action: 'nothing' } : { action: 'edit', edited };
}

export type EditedVersion = EditReplyCommand & {
  beats: readonly Reply[];
  /** The turn whose effects the version has. */
  effectsId: string;
  /** Memories of the edited beat, as they are now. */
  memories: readonly { id: string; text: string }[];
};

/** The events of the version that a person wrote: all its beats, what was edited, and the memories that repeat it. */
export function editedVersion({ beat, text, beats, effectsId, memories }: EditedVersion): NewEvent[] {
  const old = beats.find((each) => each.beat === beat)?.text ?? '';
  return [
    ...beats.map(
      (each): NewEvent => ({ kind: 'assistant_turn', data: each.beat === beat ? withText(each, text) : each }),
    ),
    { kind: 'assistant_turn_edited', data: { beat, text, turnId: effectsId } },
    ...memories.flatMap((memory) => rememberEdited(memory, old, text)),
  ];
}

/** A person's text is whole: what had cut the reply short does not hold for it. No attempt is spent on it. */
function withText({ usage: _, error: __, steps, ...reply }: Reply, text: string): Reply {
  return { ...reply, text, truncated: false, ...(steps ? { steps: withTextStep(steps, text) } : {}) };
}

/** Thoughts and calls stay. The text is one step at the end, because it can not be told which part belongs where. */
function withTextStep(steps: readonly AgentStep[], text: string): AgentStep[] {
  const last = steps.findLast(({ type }) => type === 'text');
  const others = steps.filter(({ type }) => type !== 'text');
  return [...others, { id: last?.id ?? 'text', index: 0, type: 'text' as const, content: text }].map((step, index) => ({
    ...step,
    index,
  }));
}

/** A memory repeats the beat at its end, unless a person has rewritten it. */
function rememberEdited({ id, text }: { id: string; text: string }, old: string, edited: string): NewEvent[] {
  if (old === '' || !text.endsWith(`: ${old}`)) return [];
  return [{ kind: 'memory_edited', data: { memoryId: id, text: text.slice(0, -old.length) + edited } }];
}
