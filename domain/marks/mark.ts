import type { EventData } from '../log/events.js';
import type { EndStatus } from '../turns/endStatus.js';
import type { PublicError, TokenUsage } from '../turns/turn.js';

/**
 * A turn as a sequence of marks that every dialect can express: items open, their text grows, they close. A mark says
 * nothing about frames or tokens, so that two viewers with other pieces of the same text get marks that mean the same.
 */
export type Mark =
  | { type: 'opened' }
  | { type: 'itemOpened'; item: MarkItem }
  /** The text of an item from `from` to `to`, in UTF-16 code units. Marks of an item are contiguous. */
  | { type: 'text'; item: MarkItem; from: number; to: number; text: string }
  /**
   * `text`: the whole text, with its `length`; empty for a call, a result, and a draft that was lost between two
   * connections of a viewer.
   */
  | { type: 'itemClosed'; item: MarkItem; text: string; length: number }
  /** These items are not part of the reply any more. All are closed. */
  | { type: 'voided'; items: readonly MarkItem[] }
  /** The reply of a beat is in the log. */
  | { type: 'beatLanded'; beat: LandedBeat }
  /** Tool calls wait for a person. */
  | { type: 'approval'; calls: readonly WaitingCall[] }
  | { type: 'ended'; end: TurnEnd };

export type ItemPlace = {
  /** Names the item within its turn: see `itemKey`. No two items of a stream have the same. */
  key: string;
  /** The number of items of the turn that were opened before it, voided ones included. */
  ordinal: number;
  /** The part of the reply: of an agent the index of its step, else twice the beat, and one more for its text. */
  slot: number;
  /** The first slot that another draft of the item would replace: of an agent the first of its call of the model. */
  base: number;
  /**
   * Twice the draft of which it was received last, and more where it takes the place of a later item in the same draft. Of
   * calls and results the largest: they are in the log when they come, and no draft replaces them.
   */
  epoch: number;
  beat: number;
  speakerId: string;
};

/**
 * `arguments`: the JSON object that the model sent, or the raw text if it is not one. `isClients`: the turn's client runs the
 * call, and it has no result here.
 */
export type MarkItem = ItemPlace &
  (
    | { kind: 'text' | 'thinking' }
    | { kind: 'call'; callId: string; name: string; arguments: unknown; isClients: boolean }
    | { kind: 'result'; callId: string; name: string; content: string; success: boolean }
  );

/** Whether no other draft replaces an item of this kind. */
export const isKept = (kind: MarkItem['kind']): boolean => kind === 'call' || kind === 'result';

/** The draft that an epoch of an item is of. */
export const draftOf = ({ epoch }: Pick<MarkItem, 'epoch'>): number => Math.floor(epoch / 2);

/** The key of the item that a slot has: what no draft replaces has the same in every draft. */
export const itemKey = ({ kind, slot, epoch }: Pick<MarkItem, 'kind' | 'slot' | 'epoch'>): string =>
  isKept(kind) ? `${slot}` : `${slot}_${draftOf({ epoch })}`;

export type WaitingCall = { callId: string; name: string; arguments: unknown };

export type LandedBeat = Pick<EventData<'assistant_turn'>, 'beat' | 'speakerId' | 'text' | 'truncated' | 'model'> & {
  seq: number;
  /** When it landed: ISO 8601 UTC. */
  at: string;
  usage?: TokenUsage | undefined;
  error?: PublicError | undefined;
};

/** `waiting`: the turn goes on when a person has decided about its calls. */
export type TurnEnd = {
  status: EndStatus | 'waiting';
  error?: PublicError | undefined;
  usage?: TokenUsage | undefined;
};
