import type { ChatEvent } from '../../domain/log/events.js';
import type { Channel, DraftFrame, TokenFrame, ViewerFrame } from '../../domain/log/frames.js';
import type { RestartReason } from '../../domain/turns/restartReasons.js';
import type { DraftBuffer, StepMark } from './draftBuffer.js';
import { isHighSurrogate } from './pieces.js';

/**
 * What a viewer has been told of the drafts: of each its epoch, and how much of it. The live viewers of a chat
 * share one, for they have all been told the same; a viewer that catches up has its own. Each function below
 * gives the next frame that is owed, and notes it as told; undefined when nothing is.
 */
export type Told = Map<string, ToldDraft>;
type ToldDraft = {
  turnId: string;
  beat: number;
  epoch: number;
  text: number;
  thinking: number;
  /** Indexes of the steps that were told. */
  steps?: Set<number>;
  /** It was there when the viewer came, so it begins with a `draft` frame. */
  found?: boolean;
  /** Its epoch is that of the kept text, which takes the place of what was told before. */
  kept?: boolean;
};

export const beatKey = (turnId: string, beat: number) => `${turnId}:${beat}`;

export function copyTold(told: Told): Told {
  return new Map(
    [...told].map(([key, draft]) => [key, { ...draft, ...(draft.steps ? { steps: new Set(draft.steps) } : {}) }]),
  );
}

/** The most text of one frame: what is long goes out in several, so that a slow viewer is noticed in between. */
const maxFrameLength = 64 * 1024;

const channels: Channel[] = ['thinking', 'text'];

/** `joining`: a draft that was in flight before the viewer came begins with a `draft` frame. */
export function nextDraftFrame(told: Told, draft: DraftBuffer, joining: boolean): ViewerFrame | undefined {
  if (draft.epoch === 0 && draft.steps().length === 0) return undefined;
  const { turnId, beat, epoch, speakerId } = draft;
  const key = beatKey(turnId, beat);
  const known = told.get(key);
  // Of epoch 0 there is nothing to drop: nothing was said in it, only done.
  if (known?.epoch === 0) known.epoch = epoch;
  const mine: ToldDraft =
    known?.epoch === epoch ? known : { turnId, beat, epoch, text: 0, thinking: 0, found: joining && !known };
  told.set(key, mine);
  if (known ? known.epoch < epoch : epoch > 1 && !joining) return restart(draft, draft.reason);
  for (const channel of channels) {
    const offset = mine[channel];
    const end = Math.min(draft.length(channel), nextStepAt(mine, draft, channel));
    if (offset >= end) continue;
    const text = draft.read(channel, offset, Math.min(maxFrameLength, end - offset));
    mine[channel] += text.length;
    const type: (DraftFrame | TokenFrame)['type'] = joining && mine.found && offset === 0 ? 'draft' : 'token';
    return { type, turnId, beat, epoch, speakerId, channel, offset, text };
  }
  return nextStepFrame(mine, draft.steps());
}

/** Where the next step of a channel begins that was not told: its text goes out after it. */
function nextStepAt(mine: ToldDraft, draft: DraftBuffer, channel: Channel): number {
  const next = draft.steps().find(({ step }) => step.type === channel && !mine.steps?.has(step.index));
  return next?.offset ?? Number.POSITIVE_INFINITY;
}

function nextStepFrame(mine: ToldDraft, steps: readonly StepMark[]): ViewerFrame | undefined {
  const next = steps.find(({ step }) => !mine.steps?.has(step.index));
  if (!next) return undefined;
  mine.steps ??= new Set();
  mine.steps.add(next.step.index);
  const { content, ...begun } = next.step;
  // The text of a step comes as tokens.
  const isText = begun.type === 'text' || begun.type === 'thinking';
  return { type: 'step', turnId: mine.turnId, step: isText || content === undefined ? begun : { ...begun, content } };
}

/** How many code units of the draft have not been told yet. */
export function untold(told: Told, draft: DraftBuffer): number {
  const known = told.get(beatKey(draft.turnId, draft.beat));
  const mine = known?.epoch === draft.epoch ? known : undefined;
  return draft.length('text') + draft.length('thinking') - (mine ? mine.text + mine.thinking : 0);
}

/** An event as the gateway reads it: with the epoch of the draft that it ends, if it ends one. */
export type FeedEvent = { event: ChatEvent; epoch: number };

/**
 * What a viewer is owed before an event: the rest of the beat before its `assistant_turn`, and an end to drafts
 * that came to nothing before `turn_completed`. `cameAt` is the newest seq when the viewer came: of a beat
 * that had ended by then, the event is enough.
 */
export function nextFrameBefore(told: Told, { event, epoch }: FeedEvent, cameAt: number): ViewerFrame | undefined {
  if (event.turnId === null) return undefined;
  if (event.kind === 'turn_completed') return dropUnlanded(told, event.turnId);
  if (event.kind !== 'assistant_turn') return undefined;
  const { beat, speakerId, text, steps } = event.data;
  const key = beatKey(event.turnId, beat);
  const known = told.get(key);
  if (!known && event.seq <= cameAt) return undefined;
  const mine = known ?? { turnId: event.turnId, beat, epoch: Math.max(epoch, 1), text: 0, thinking: 0 };
  if (!mine.kept && (mine.epoch !== Math.max(epoch, 1) || mine.text > text.length)) {
    // Another draft was kept than the one that was told, or less of it.
    Object.assign(mine, { epoch: Math.max(epoch, mine.epoch + 1), text: 0, thinking: 0, kept: true });
    return restart(mine, 'kept_text');
  }
  told.set(key, mine);
  const step =
    known &&
    steps &&
    nextStepFrame(
      mine,
      steps.map(({ ...each }) => ({ step: each, offset: null })),
    );
  if (step) return step;
  if (mine.text >= text.length) return undefined;
  const piece = cut(text, mine.text);
  const frame: TokenFrame = {
    type: 'token',
    turnId: event.turnId,
    beat,
    epoch: mine.epoch,
    speakerId,
    channel: 'text',
    offset: mine.text,
    text: piece,
  };
  mine.text += piece.length;
  return frame;
}

/** After the event is told, the drafts that it ended are history. */
export function forgetEnded(told: Told, { event }: FeedEvent): void {
  if (event.turnId === null) return;
  if (event.kind === 'assistant_turn') told.delete(beatKey(event.turnId, event.data.beat));
  if (event.kind !== 'turn_completed') return;
  for (const [key, draft] of told) if (draft.turnId === event.turnId) told.delete(key);
}

function dropUnlanded(told: Told, turnId: string): ViewerFrame | undefined {
  for (const draft of told.values()) {
    if (draft.turnId !== turnId || draft.text + draft.thinking === 0) continue;
    Object.assign(draft, { epoch: draft.epoch + 1, text: 0, thinking: 0 });
    return restart(draft, 'dropped');
  }
  return undefined;
}

function restart(
  { turnId, beat, epoch }: Pick<ToldDraft, 'turnId' | 'beat' | 'epoch'>,
  reason: RestartReason,
): ViewerFrame {
  return { type: 'restart', turnId, beat, epoch, reason };
}

function cut(text: string, from: number): string {
  const to = Math.min(text.length, from + maxFrameLength);
  const pair = to < text.length && isHighSurrogate(text.charCodeAt(to - 1));
  return text.slice(from, pair ? to - 1 : to);
}
