import { epochOfStep } from '../agents/agent.js';
import type { AgentStep, EventData } from '../log/events.js';
import type { Channel, TokenFrame } from '../log/frames.js';
import type { Mark } from './mark.js';
import type { Ordinals } from './ordinals.js';
import { createSlots, type ItemKind } from './slots.js';

type Landing = EventData<'assistant_turn'>;
type Spoken = Pick<TokenFrame, 'epoch' | 'speakerId' | 'channel' | 'offset' | 'text'>;

/** The marks of one beat, from the frames of its draft and its event. */
export type BeatMarks = {
  speak(frame: Spoken): Mark[];
  step(step: AgentStep): Mark[];
  restart(epoch: number): void;
  /** The reply as the log has it. `epoch`: of the draft that it ends. */
  land(landing: Landing, epoch: number): Mark[];
  /** The beat waits for a person: what it has stays. */
  pause(): Mark[];
  /** The beat ends without a reply in the log. */
  drop(): Mark[];
};

export function createBeatMarks(beat: number, ordinals: Ordinals, continues: boolean): BeatMarks {
  let epoch = 0;
  let hasLanded = false;
  let speakerId = '';
  let received: Record<Channel, number> = { text: 0, thinking: 0 };
  /** Whether the beat is an agent's, whose slots are those of its steps. */
  let hasSteps = false;
  /** Of an agent: the step to which the text of a channel belongs. */
  let steps: Partial<Record<Channel, number>> = {};
  /** Of an agent: the drafts in which steps began. A later draft keeps those that have landed. */
  const begun = new Map<number, number>();
  const slots = createSlots({
    ordinals,
    // Between two drafts is room for an item that comes again in the same one: `ordinals.ts`.
    place: (slot) => ({ epoch: 2 * (begun.get(slot) ?? epoch), beat, speakerId }),
    first: beat * 2,
    continues,
  });

  const slotOf = (channel: Channel) => steps[channel] ?? beat * 2 + (channel === 'text' ? 1 : 0);

  /** `isFirst`: the draft has nothing to repeat, and its steps may have arrived before its text. */
  function restart(to: number, isFirst = epoch === 0): void {
    if (to <= epoch) return;
    epoch = to;
    received = { text: 0, thinking: 0 };
    if (isFirst) return;
    slots.restart();
    steps = {};
    begun.clear();
  }

  /** An agent's steps arrive in order. */
  const inOrder = (slot: number, marks: () => Mark[]): Mark[] =>
    hasSteps ? [...slots.settleBefore(slot), ...marks()] : marks();

  function step({ id, index, type, content, callId = '', name = '', ...more }: AgentStep): Mark[] {
    hasSteps = true;
    const put = (kind: object) => inOrder(index, () => slots.put(index, kind as ItemKind));
    switch (type) {
      case 'thinking':
      case 'text':
        steps[type] = index;
        begun.set(index, epochOfStep(id));
        return [];
      case 'tool_call':
        return put({ kind: 'call', callId, name, arguments: more.arguments, isClients: more.client ?? false });
      case 'tool_result':
        return put({ kind: 'result', callId, name, content: content ?? '', success: more.success ?? false });
    }
  }

  function settleAll({ steps: landed, text }: Landing): Mark[] {
    if (!landed) return slots.settle(beat * 2 + 1, 'text', text);
    return landed.flatMap((each) => {
      const marks = step(each);
      if (each.type !== 'text' && each.type !== 'thinking') return marks;
      return slots.settle(each.index, each.type, each.content ?? '');
    });
  }

  /** Slots behind the last one of the log. Thinking of a reply without steps is not in the log, and stays. */
  function beyond({ steps: landed }: Landing): number {
    return landed ? Math.max(-1, ...landed.map(({ index }) => index)) + 1 : beat * 2 + 2;
  }

  return {
    restart: (to) => restart(to, false),
    step,
    speak(frame) {
      if (frame.epoch < epoch) return [];
      restart(frame.epoch);
      speakerId = frame.speakerId || speakerId;
      const { channel, offset, text } = frame;
      // Marks go forward only. An agent has steps for thoughts between texts.
      if (channel === 'thinking' && steps.thinking === undefined && received.text > 0) return [];
      const fresh = text.slice(Math.max(0, received[channel] - offset));
      received[channel] = Math.max(received[channel], offset + text.length);
      // What the log keeps of an agent's text follows with its steps.
      if (fresh === '' || (hasSteps && steps[channel] === undefined)) return [];
      const slot = slotOf(channel);
      return inOrder(slot, () => slots.grow(slot, channel, fresh));
    },
    land(landing, landedEpoch) {
      restart(landedEpoch);
      hasLanded = true;
      hasSteps ||= landing.steps !== undefined;
      speakerId = landing.speakerId;
      return [...settleAll(landing), ...slots.voidFrom(beyond(landing)), ...slots.closeAll()];
    },
    pause: () => [...slots.settleDraft(), ...slots.closeAll()],
    drop: () => (hasLanded ? [] : slots.voidFrom(0)),
  };
}
