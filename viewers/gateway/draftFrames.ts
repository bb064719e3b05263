import type { Channel, DraftFrame, TokenFrame, ViewerFrame } from '../../domain/log/frames.js';
import type { RestartReason } from '../../domain/turns/restartReasons.js';
import { beatKey, type DeliveredDraft, type DeliveredDrafts } from './deliveredDrafts.js';
import type { DraftBuffer, StepMark } from './draftBuffer.js';

/** Code units in one frame. Longer text goes out in several, so that a slow viewer is noticed between them. */
export const maxFrameLength = 64 * 1024;

const channels: Channel[] = ['thinking', 'text'];

/**
 * The next frame of a draft that was not delivered, undefined when there is none. Moves the cursor behind it.
 * `joining`: the viewer gets what was in flight before it joined as `draft` frames.
 */
export function nextDraftFrame(
  delivered: DeliveredDrafts,
  draft: DraftBuffer,
  joining: boolean,
): ViewerFrame | undefined {
  const { epoch, reason } = draft.state;
  if (epoch === 0 && draft.steps().length === 0) return undefined;
  const key = beatKey(draft.turnId, draft.beat);
  const before = delivered.get(key);
  // Epoch 0 has steps but no text, so that the first epoch drops nothing.
  if (before?.epoch === 0) before.epoch = epoch;
  if (before?.epoch === epoch) return nextTextFrame(before, draft, joining) ?? nextDraftStep(before, draft);
  const cursor = newCursor(draft, joining && !before ? 'snapshot' : 'tokens');
  delivered.set(key, cursor);
  const restarts = before ? before.epoch < epoch : epoch > 1 && !joining;
  if (restarts) return restartFrame(cursor, reason);
  return nextTextFrame(cursor, draft, joining) ?? nextDraftStep(cursor, draft);
}

function newCursor({ turnId, beat, state }: DraftBuffer, source: DeliveredDraft['source']): DeliveredDraft {
  return { turnId, beat, epoch: state.epoch, text: 0, thinking: 0, source };
}

function nextTextFrame(cursor: DeliveredDraft, draft: DraftBuffer, joining: boolean): ViewerFrame | undefined {
  const { turnId, beat, speakerId } = draft;
  for (const channel of channels) {
    const offset = cursor[channel];
    const end = Math.min(draft.length(channel), nextStepOffset(cursor, draft, channel));
    if (offset >= end) continue;
    const text = draft.read(channel, offset, Math.min(maxFrameLength, end - offset));
    cursor[channel] += text.length;
    const isSnapshot = joining && cursor.source === 'snapshot' && offset === 0;
    const type: (DraftFrame | TokenFrame)['type'] = isSnapshot ? 'draft' : 'token';
    return { type, turnId, beat, epoch: cursor.epoch, speakerId, channel, offset, text };
  }
  return undefined;
}

/** Where the next undelivered step of a channel begins: its text is delivered after it. */
function nextStepOffset(cursor: DeliveredDraft, draft: DraftBuffer, channel: Channel): number {
  const next = draft.steps().find(({ step }) => step.type === channel && !cursor.steps?.has(step.index));
  return next?.offset ?? Number.POSITIVE_INFINITY;
}

/** The next undelivered step, once the text before it is delivered: steps may arrive before their text. */
function nextDraftStep(cursor: DeliveredDraft, draft: DraftBuffer): ViewerFrame | undefined {
  const steps = draft.steps();
  const undelivered = steps.filter(({ step }) => !cursor.steps?.has(step.index));
  const isAhead = channels.some((channel) => {
    const next = undelivered.find(({ step }) => step.type === channel);
    return next !== undefined && (next.offset ?? 0) > cursor[channel];
  });
  return isAhead ? undefined : nextStepFrame(cursor, steps);
}

/** The next undelivered step as a frame. Moves the cursor behind it. */
export function nextStepFrame(cursor: DeliveredDraft, steps: readonly StepMark[]): ViewerFrame | undefined {
  const next = steps.find(({ step }) => !cursor.steps?.has(step.index));
  if (!next) return undefined;
  cursor.steps ??= new Set();
  cursor.steps.add(next.step.index);
  const { content, ...begun } = next.step;
  // The text of a step comes as tokens.
  const isText = begun.type === 'text' || begun.type === 'thinking';
  return { type: 'step', turnId: cursor.turnId, step: isText || content === undefined ? begun : { ...begun, content } };
}

export function restartFrame(
  { turnId, beat, epoch }: Pick<DeliveredDraft, 'turnId' | 'beat' | 'epoch'>,
  reason: RestartReason,
): ViewerFrame {
  return { type: 'restart', turnId, beat, epoch, reason };
}
