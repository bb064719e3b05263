import type { ChatEvent } from '../../domain/log/events.js';
import type { DraftBuffer } from './draftBuffer.js';

/**
 * How far the drafts of a chat were delivered: a cursor for each draft, by its beat. All live viewers of a chat share
 * one, since they have received the same frames; a viewer that catches up has its own.
 */
export type DeliveredDrafts = Map<string, DeliveredDraft>;

export type DeliveredDraft = {
  turnId: string;
  beat: number;
  epoch: number;
  /** Delivered code units of each channel. */
  text: number;
  thinking: number;
  /** Indexes of the delivered steps. */
  steps?: Set<number>;
  /**
   * - `snapshot`: the draft was in flight when the viewer joined, so that its text begins with a `draft` frame.
   * - `tokens`: the viewer gets its text as tokens from the start.
   * - `log`: the log keeps another text than was delivered; the epoch counts the text of the log.
   */
  source: 'snapshot' | 'tokens' | 'log';
};

export const beatKey = (turnId: string, beat: number) => `${turnId}:${beat}`;

export function copyDelivered(delivered: DeliveredDrafts): DeliveredDrafts {
  return new Map(
    [...delivered].map(([key, draft]) => [key, { ...draft, ...(draft.steps ? { steps: new Set(draft.steps) } : {}) }]),
  );
}

/** Code units of the draft that were not delivered yet. */
export function undelivered(delivered: DeliveredDrafts, draft: DraftBuffer): number {
  const known = delivered.get(beatKey(draft.turnId, draft.beat));
  const inEpoch = known?.epoch === draft.state.epoch ? known.text + known.thinking : 0;
  return draft.length('text') + draft.length('thinking') - inEpoch;
}

/** After an event is delivered: drops the cursors of the drafts that it ended. */
export function forgetEnded(delivered: DeliveredDrafts, event: ChatEvent): void {
  if (event.turnId === null) return;
  if (event.kind === 'assistant_turn') delivered.delete(beatKey(event.turnId, event.data.beat));
  if (event.kind !== 'turn_completed') return;
  for (const [key, draft] of delivered) if (draft.turnId === event.turnId) delivered.delete(key);
}
