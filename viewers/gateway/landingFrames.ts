import type { AgentStep, ChatEvent, EventData } from '../../domain/log/events.js';
import type { Channel, ViewerFrame } from '../../domain/log/frames.js';
import { beatKey, type DeliveredDraft, type DeliveredDrafts } from './deliveredDrafts.js';
import type { StepMark } from './draftBuffer.js';
import { maxFrameLength, nextStepFrame, restartFrame } from './draftFrames.js';
import { isHighSurrogate } from './textBuffer.js';

/** An event as the gateway reads it. `epoch`: of the draft that it ends, 0 if it ends none. */
export type FeedEvent = { event: ChatEvent; epoch: number };

/**
 * The next frame that a viewer gets before an event, undefined when there is none. Moves the cursor behind it.
 * Before `assistant_turn` that is the rest of the beat's text; before `turn_completed`, a `restart` of each draft of
 * which nothing was kept. `joinedAtSeq`: the newest seq when the viewer joined. A beat that had ended by then is
 * delivered as its event alone.
 */
export function nextFrameBefore(
  delivered: DeliveredDrafts,
  { event, epoch }: FeedEvent,
  joinedAtSeq: number,
): ViewerFrame | undefined {
  if (event.turnId === null) return undefined;
  if (event.kind === 'turn_completed') return nextDroppedFrame(delivered, event.turnId);
  if (event.kind !== 'assistant_turn') return undefined;
  const known = delivered.get(beatKey(event.turnId, event.data.beat));
  if (!known && event.seq <= joinedAtSeq) return undefined;
  return nextLandingFrame(delivered, { ...event.data, turnId: event.turnId, epoch: Math.max(epoch, 1) });
}

type Landing = EventData<'assistant_turn'> & { turnId: string; epoch: number };

function nextLandingFrame(delivered: DeliveredDrafts, landing: Landing): ViewerFrame | undefined {
  const { turnId, beat, epoch, text } = landing;
  const key = beatKey(turnId, beat);
  const known = delivered.get(key);
  const cursor: DeliveredDraft = known ?? { turnId, beat, epoch, text: 0, thinking: 0, source: 'tokens' };
  if (cursor.source !== 'log' && (cursor.epoch !== epoch || cursor.text > text.length)) {
    // The log keeps another draft than was delivered, or less of it.
    restartCursor(cursor, Math.max(epoch, cursor.epoch + 1));
    cursor.source = 'log';
    return restartFrame(cursor, 'kept_text');
  }
  delivered.set(key, cursor);
  // Of what the log keeps instead only the text is sent: the event has the rest.
  const steps = cursor.source === 'log' ? [] : (landing.steps ?? []);
  const next = steps.findIndex(({ index }) => !cursor.steps?.has(index));
  const before = next < 0 ? steps : steps.slice(0, next);
  return (
    nextLandedPiece(cursor, landing, 'thinking', textOf(before, 'thinking')) ??
    nextLandedPiece(cursor, landing, 'text', next < 0 ? landing.text : textOf(before, 'text')) ??
    nextStepFrame(cursor, steps.map(withoutOffset))
  );
}

const withoutOffset = (step: AgentStep): StepMark => ({ step, offset: null });

/** The text of steps in one channel: it is delivered before the step that follows them. */
const textOf = (steps: readonly AgentStep[], channel: Channel): string =>
  steps.map(({ type, content = '' }) => (type === channel ? content : '')).join('');

function nextLandedPiece(
  cursor: DeliveredDraft,
  { speakerId }: Landing,
  channel: Channel,
  text: string,
): ViewerFrame | undefined {
  const offset = cursor[channel];
  if (offset >= text.length) return undefined;
  const { turnId, beat, epoch } = cursor;
  const piece = pieceFrom(text, offset);
  cursor[channel] += piece.length;
  return { type: 'token', turnId, beat, epoch, speakerId, channel, offset, text: piece };
}

function nextDroppedFrame(delivered: DeliveredDrafts, turnId: string): ViewerFrame | undefined {
  for (const cursor of delivered.values()) {
    if (cursor.turnId !== turnId || cursor.text + cursor.thinking === 0) continue;
    restartCursor(cursor, cursor.epoch + 1);
    return restartFrame(cursor, 'dropped');
  }
  return undefined;
}

function restartCursor(cursor: DeliveredDraft, epoch: number): void {
  cursor.epoch = epoch;
  cursor.text = 0;
  cursor.thinking = 0;
}

/** At most one frame's text from an offset on. Never ends within a surrogate pair. */
function pieceFrom(text: string, from: number): string {
  const to = Math.min(text.length, from + maxFrameLength);
  const splitsPair = to < text.length && isHighSurrogate(text.charCodeAt(to - 1));
  return text.slice(from, splitsPair ? to - 1 : to);
}
