import type { DraftMore, DraftState, DraftWant } from '../../db/timeline/feed.js';
import { ASSISTANT } from '../../domain/narrative/participants.js';
import type { WireStep, WireToken } from '../wire/wire.js';
import { createDraftBuffer, type DraftBuffer } from './draftBuffer.js';
import { beatKey } from './told.js';

/** When a draft is read from its checkpoints, in milliseconds. */
const gapRetryMs = 100;
const silentAfterMs = 400;
/** The longer there was nothing new, the less often it is looked for: every tenth of that time, within these bounds. */
const silentRetryMs = { least: 300, most: 3_000 };
/** Beats and turns that are over are remembered so long as this many are not newer. */
const maxOver = 256;

type InFlight = { buffer: DraftBuffer; wireAt: number; newsAt: number; readAt: number };

/** The replies of one chat that are in flight. */
export type DraftsInFlight = {
  buffers(): Iterable<DraftBuffer>;
  /** Each of these says whether viewers may be owed something new. */
  token(token: WireToken): boolean;
  step(step: WireStep): boolean;
  learn(state: DraftState): boolean;
  fill(more: DraftMore): boolean;
  begin(turnId: string, beat: number, speakerId: string): void;
  /** The beat is over: nothing is taken for it any more. Gives back what there was of it. */
  end(turnId: string, beat: number): DraftBuffer | undefined;
  endTurn(turnId: string): void;
  /** The drafts that are to be read from the checkpoints now: those with a gap, and those that the wire is silent about. */
  due(now: number): DraftWant[];
  /** All of them, also those that are not due. */
  wants(): DraftWant[];
};

export function createDraftsInFlight(options: { now: () => number; onGap: () => void }): DraftsInFlight {
  const drafts = new Map<string, InFlight>();
  const over = new Set<string>();

  function open(turnId: string, beat: number, speakerId: string): InFlight | undefined {
    const key = beatKey(turnId, beat);
    if (over.has(key) || over.has(turnId)) return undefined;
    const known = drafts.get(key);
    if (known) return known;
    const now = options.now();
    const begun = {
      buffer: createDraftBuffer({ turnId, beat }, speakerId),
      wireAt: now,
      newsAt: now,
      readAt: Number.NEGATIVE_INFINITY,
    };
    drafts.set(key, begun);
    return begun;
  }

  function remember(key: string) {
    over.add(key);
    if (over.size > maxOver) over.delete(over.values().next().value!);
  }

  function end(turnId: string, beat: number) {
    const key = beatKey(turnId, beat);
    const buffer = drafts.get(key)?.buffer;
    drafts.delete(key);
    remember(key);
    return buffer;
  }

  function learn(state: DraftState) {
    if (state.over) return false;
    const draft = open(state.turnId, state.beat, state.speakerId);
    const before = draft?.buffer.epoch;
    draft?.buffer.learn({ ...state, reason: state.restartReason });
    return draft?.buffer.epoch !== before;
  }

  const want = ({ buffer }: InFlight): DraftWant => ({
    turnId: buffer.turnId,
    beat: buffer.beat,
    epoch: buffer.epoch,
    text: buffer.length('text'),
    thinking: buffer.length('thinking'),
  });

  return {
    buffers: () => [...drafts.values()].map((draft) => draft.buffer),
    token(token) {
      const draft = open(token.turnId, token.beat, token.speakerId);
      if (!draft) return false;
      const { buffer } = draft;
      const { epoch, gap } = buffer;
      const taken = buffer.take(token);
      if (taken !== 'refused') draft.wireAt = draft.newsAt = options.now();
      if (buffer.gap && !gap) options.onGap();
      return taken === 'appended' || buffer.epoch !== epoch;
    },
    step({ turnId, beat, ...step }) {
      const draft = open(turnId, beat, ASSISTANT.id);
      const taken = draft?.buffer.takeStep(step);
      if (draft && taken === 'appended') draft.wireAt = draft.newsAt = options.now();
      return taken === 'appended';
    },
    learn,
    fill(more) {
      const changed = learn(more);
      const draft = drafts.get(beatKey(more.turnId, more.beat));
      if (!draft) return false;
      const steps = more.steps.map((step) => draft.buffer.takeStep({ ...step, fence: more.fence, epoch: more.epoch }));
      const taken = more.pieces.map((piece) => draft.buffer.take({ ...piece, fence: more.fence, epoch: more.epoch }));
      const news = changed || steps.includes('appended') || taken.includes('appended');
      if (news) draft.newsAt = options.now();
      return news;
    },
    begin: (turnId, beat, speakerId) => void open(turnId, beat, speakerId),
    end,
    endTurn(turnId) {
      for (const { buffer } of drafts.values()) if (buffer.turnId === turnId) end(turnId, buffer.beat);
      remember(turnId);
    },
    due(now) {
      const due = [...drafts.values()].filter((draft) => {
        const sinceRead = now - draft.readAt;
        if (draft.buffer.gap) return sinceRead >= gapRetryMs;
        const retryMs = Math.min(silentRetryMs.most, Math.max(silentRetryMs.least, (now - draft.newsAt) / 10));
        return now - draft.wireAt >= silentAfterMs && sinceRead >= retryMs;
      });
      for (const draft of due) draft.readAt = now;
      return due.map(want);
    },
    wants: () => [...drafts.values()].map(want),
  };
}
