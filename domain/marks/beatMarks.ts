import type { AgentStep, EventData } from '../log/events.js';
import type { Channel, TokenFrame } from '../log/frames.js';
import type { Mark, MarkItem } from './mark.js';
import type { Ordinals } from './ordinals.js';

/** What a slot has shown. */
type Shown = {
  item: MarkItem;
  text: string;
  open: boolean;
  /**
   * After a restart: how much of the shown text the new draft has repeated. A draft that repeats all of it continues the
   * item. Null while the item belongs to the newest draft.
   */
  repeated: number | null;
};

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

export function createBeatMarks(beat: number, ordinals: Ordinals): BeatMarks {
  const slots = new Map<number, Shown>();
  let epoch = 0;
  let hasLanded = false;
  let speakerId = '';
  let received: Record<Channel, number> = { text: 0, thinking: 0 };
  /** Of an agent: the step to which the text of a channel belongs. */
  let steps: Partial<Record<Channel, number>> = {};

  const sorted = () => [...slots.entries()].sort(([a], [b]) => a - b);
  const slotOf = (channel: Channel) => steps[channel] ?? beat * 2 + (channel === 'text' ? 1 : 0);

  function restart(to: number): void {
    if (to <= epoch) return;
    // The first draft has nothing to repeat; its steps may have arrived before its text.
    if (epoch > 0) for (const shown of slots.values()) shown.repeated = 0;
    if (epoch > 0) steps = {};
    epoch = to;
    received = { text: 0, thinking: 0 };
  }

  function close(shown: Shown): Mark[] {
    if (!shown.open) return [];
    shown.open = false;
    return [{ type: 'itemClosed', item: shown.item, text: shown.text, length: shown.text.length }];
  }

  const closeBefore = (slot: number): Mark[] => sorted().flatMap(([at, shown]) => (at < slot ? close(shown) : []));

  /** Takes back a slot and what follows it. */
  function voidFrom(slot: number): Mark[] {
    const gone = sorted().filter(([at]) => at >= slot);
    const closed = gone.flatMap(([, shown]) => close(shown));
    for (const [at] of gone) slots.delete(at);
    return gone.length > 0 ? [...closed, { type: 'voided', items: gone.map(([, { item }]) => item) }] : [];
  }

  type Kind = Omit<MarkItem, 'key' | 'ordinal' | 'base' | 'slot' | 'epoch' | 'beat' | 'speakerId'>;

  function open(slot: number, kind: Kind): { shown: Shown; marks: Mark[] } {
    const base = baseOf(slot);
    const { ordinal, epoch: placed, before } = ordinals.next({ base, slot, epoch });
    const key = `${slot}_${placed}`;
    const item = { ...kind, key, ordinal, base, slot, epoch: placed, beat, speakerId } as MarkItem;
    const shown: Shown = { item, text: '', open: true, repeated: null };
    slots.set(slot, shown);
    return { shown, marks: [...closeBefore(slot), ...before, { type: 'itemOpened', item }] };
  }

  /** Behind the results that the slot follows: a lost draft of an agent keeps these. */
  function baseOf(slot: number): number {
    const results = [...slots.entries()].filter(([at, { item }]) => at < slot && item.kind === 'result');
    return Math.max(beat * 2, ...results.map(([at]) => at + 1));
  }

  function append(shown: Shown, text: string): Mark[] {
    if (text === '') return [];
    const from = shown.text.length;
    shown.text += text;
    return [{ type: 'text', item: shown.item, from, to: shown.text.length, text }];
  }

  /** The text of a slot grows. Repeated text is not shown again; text that differs replaces the item. */
  function grow(slot: number, kind: Channel, text: string): Mark[] {
    if (text === '') return [];
    const known = slots.get(slot);
    if (!known) return begin(slot, kind, text);
    if (known.repeated === null) return known.open ? append(known, text) : rewrite(slot, kind, known.text + text);
    const expected = known.text.slice(known.repeated, known.repeated + text.length);
    if (!text.startsWith(expected)) return rewrite(slot, kind, known.text.slice(0, known.repeated) + text);
    known.repeated += expected.length;
    if (known.repeated < known.text.length) return [];
    known.repeated = null;
    known.item = { ...known.item, epoch: Math.max(known.item.epoch, epoch) };
    return grow(slot, kind, text.slice(expected.length));
  }

  function begin(slot: number, kind: Channel, text: string): Mark[] {
    const { shown, marks } = open(slot, { kind });
    return [...marks, ...append(shown, text)];
  }

  function rewrite(slot: number, kind: Channel, text: string): Mark[] {
    return [...voidFrom(slot), ...begin(slot, kind, text)];
  }

  /** A call or a result: it is whole at once. */
  function put(slot: number, kind: Kind): Mark[] {
    const known = slots.get(slot);
    if (known && isSame(known.item, kind)) {
      known.repeated = null;
      return [];
    }
    const gone = voidFrom(slot);
    const { shown, marks } = open(slot, kind);
    return [...gone, ...marks, ...close(shown)];
  }

  function step({ index, type, content, callId = '', name = '', ...more }: AgentStep): Mark[] {
    switch (type) {
      case 'thinking':
      case 'text':
        steps[type] = index;
        return [];
      case 'tool_call':
        return put(index, {
          kind: 'call',
          callId,
          name,
          arguments: more.arguments,
          isClients: more.client ?? false,
        } as Kind);
      case 'tool_result':
        return put(index, {
          kind: 'result',
          callId,
          name,
          content: content ?? '',
          success: more.success ?? false,
        } as Kind);
    }
  }

  /** The final text of a slot. */
  function settle(slot: number, kind: Channel, text: string): Mark[] {
    const known = slots.get(slot);
    if (text === '') return known ? voidFrom(slot) : [];
    if (!known) return begin(slot, kind, text);
    const isSettled = known.open ? text.startsWith(known.text) : text === known.text;
    if (!isSettled) return rewrite(slot, kind, text);
    known.repeated = null;
    return append(known, text.slice(known.text.length));
  }

  function settleAll({ steps: landed, text }: Landing): Mark[] {
    if (!landed) return settle(beat * 2 + 1, 'text', text);
    return landed.flatMap((each) =>
      each.type === 'text' || each.type === 'thinking' ? settle(each.index, each.type, each.content ?? '') : step(each),
    );
  }

  /** Slots behind the last one of the log. Thinking of a reply without steps is not in the log, and stays. */
  function beyond({ steps: landed }: Landing): number {
    return landed ? Math.max(-1, ...landed.map(({ index }) => index)) + 1 : beat * 2 + 2;
  }

  return {
    restart,
    step,
    speak(frame) {
      if (frame.epoch < epoch) return [];
      restart(frame.epoch);
      speakerId = frame.speakerId || speakerId;
      const { channel, offset, text } = frame;
      // Marks go forward only. An agent has steps for thoughts between texts.
      if (channel === 'thinking' && steps.thinking === undefined && slots.get(beat * 2 + 1)?.repeated === null)
        return [];
      const fresh = text.slice(Math.max(0, received[channel] - offset));
      received[channel] = Math.max(received[channel], offset + text.length);
      return grow(slotOf(channel), channel, fresh);
    },
    land(landing, landedEpoch) {
      restart(landedEpoch);
      hasLanded = true;
      speakerId = landing.speakerId;
      const settled = settleAll(landing);
      return [...settled, ...voidFrom(beyond(landing)), ...closeBefore(Number.POSITIVE_INFINITY)];
    },
    pause: () => closeBefore(Number.POSITIVE_INFINITY),
    drop: () => (hasLanded ? [] : voidFrom(0)),
  };
}

function isSame(item: MarkItem, kind: object): boolean {
  return Object.entries(kind).every(
    ([key, value]) => JSON.stringify((item as Record<string, unknown>)[key]) === JSON.stringify(value),
  );
}
