import type { AgentStep } from '../domain/events.js';
import type { Channel, DraftFrame, TokenFrame, ViewerFrame } from '../domain/frames.js';
import type { RestartReason } from '../domain/restartReasons.js';
import { hasGrownPast, type OldDraft, oldDraftOf } from './oldDraft.js';

/** A step of an agent's draft. `offset`: where its text begins in its channel, in UTF-16 code units. */
export type DraftStep = { step: AgentStep; offset: number };

/** A reply in flight, as far as it was heard. Immutable: a frame that changes it makes another. */
export type Draft = {
  turnId: string;
  beat: number;
  epoch: number;
  speakerId: string;
  /** What is shown. Right after a reconnect that may be more than was heard anew; it is of the same epoch. */
  text: string;
  thinking: string;
  heard: Record<Channel, number>;
  steps: readonly DraftStep[];
  /** The steps that came on this connection. A `step` frame has no epoch, so they may belong to the next one. */
  told: readonly DraftStep[];
  /** Seconds of silence, as a relayed reply tells them; 0 once text comes. */
  silentFor: number;
  usedTools: readonly string[];
  /** The draft that was lost, which is shown until this one has grown past it. */
  old: OldDraft | null;
};

export type Drafts = ReadonlyMap<string, Draft>;

export const draftKey = (turnId: string, beat: number): string => `${turnId}:${beat}`;

const newDraft = (turnId: string, beat: number, epoch: number, speakerId: string, old: OldDraft | null): Draft => ({
  turnId,
  beat,
  epoch,
  speakerId,
  text: '',
  thinking: '',
  heard: { text: 0, thinking: 0 },
  steps: [],
  told: [],
  silentFor: 0,
  usedTools: [],
  old,
});

/** The drafts after a frame; the same map when it says nothing of drafts. Events are the transcript's: see `landed`. */
export function evolveDrafts(drafts: Drafts, frame: ViewerFrame): Drafts {
  switch (frame.type) {
    case 'hello':
      // What was heard is told again from its beginning. It stays on the page meanwhile, so that nothing flickers.
      return new Map([...drafts].map(([key, draft]) => [key, { ...draft, heard: { text: 0, thinking: 0 }, told: [] }]));
    case 'draft':
    case 'token':
      return withDraft(drafts, frame, (draft) => addText(draft, frame));
    case 'restart': {
      const known = drafts.get(draftKey(frame.turnId, frame.beat));
      if (known && known.epoch >= frame.epoch) return drafts;
      const old = known && isRewritten(frame.reason) ? oldDraftOf(known, frame.reason) : null;
      return put(drafts, newDraft(frame.turnId, frame.beat, frame.epoch, known?.speakerId ?? '', old));
    }
    case 'step':
      // Only agents have steps, and their reply is one beat.
      return withDraft(drafts, { turnId: frame.turnId, beat: 0 }, (draft) => addStep(draft, frame.step));
    case 'heartbeat':
      return withDraft(drafts, { turnId: frame.turnId, beat: 0 }, (draft) => ({
        ...draft,
        silentFor: frame.elapsedSeconds,
      }));
    case 'meta':
      return withDraft(drafts, { turnId: frame.turnId, beat: 0 }, (draft) => ({
        ...draft,
        usedTools: frame.usedTools,
      }));
    case 'event':
      return landed(drafts, frame);
    case 'status':
    case 'error':
      return drafts;
  }
}

/** Whether another draft follows. Otherwise the log's event follows at once. */
const isRewritten = (reason: RestartReason) => reason !== 'dropped' && reason !== 'kept_text';

/** An event takes the place of the drafts that it ends. */
function landed(drafts: Drafts, frame: Extract<ViewerFrame, { type: 'event' }>): Drafts {
  switch (frame.kind) {
    case 'assistant_turn_started': {
      const { beat, speakerId } = frame.data as { beat: number; speakerId: string };
      return withDraft(drafts, { turnId: frame.turnId ?? '', beat, speakerId }, (draft) => ({ ...draft, speakerId }));
    }
    case 'assistant_turn': {
      const { beat } = frame.data as { beat: number };
      return without(drafts, (draft) => draft.turnId === frame.turnId && draft.beat === beat);
    }
    case 'turn_completed':
      return without(drafts, (draft) => draft.turnId === frame.turnId);
    case 'turn_rolled_back': {
      const { turnId } = frame.data as { turnId: string };
      return without(drafts, (draft) => draft.turnId === turnId);
    }
    default:
      return drafts;
  }
}

type Named = { turnId: string; beat: number; epoch?: number; speakerId?: string };

function withDraft(
  drafts: Drafts,
  { turnId, beat, epoch = 0, speakerId = '' }: Named,
  change: (draft: Draft) => Draft,
) {
  const known = drafts.get(draftKey(turnId, beat));
  if (known && epoch > 0 && epoch < known.epoch) return drafts;
  // Of epoch 0 nothing was said yet, only done: that belongs to what is said now.
  if (known && known.epoch === 0 && epoch > 0) return put(drafts, change({ ...known, epoch }));
  const same = known && (epoch === 0 || epoch === known.epoch);
  // A viewer that was not connected at the restart gets only the new draft: first its steps, then its text.
  const old = known ? oldDraftOf(known, null) : null;
  const told = known && known.heard.text + known.heard.thinking === 0 ? known.told : [];
  const draft = same ? known : { ...newDraft(turnId, beat, epoch, speakerId, old), steps: told, told };
  return put(drafts, change(draft));
}

function addText(draft: Draft, { type, channel, offset, text, speakerId }: DraftFrame | TokenFrame): Draft {
  const heard = type === 'draft' ? 0 : draft.heard[channel];
  if (offset > heard) return draft;
  const fresh = text.slice(heard - offset);
  const end = heard + fresh.length;
  const shown = draft[channel];
  return {
    ...draft,
    speakerId,
    [channel]: end > shown.length ? shown + fresh.slice(shown.length - heard) : shown,
    heard: { ...draft.heard, [channel]: end },
    silentFor: 0,
  };
}

function addStep(draft: Draft, step: AgentStep): Draft {
  const offset = step.type === 'thinking' || step.type === 'text' ? draft.heard[step.type] : 0;
  const added = (steps: readonly DraftStep[]) =>
    [...steps.filter((known) => known.step.index !== step.index), { step, offset }].sort(
      (a, b) => a.step.index - b.step.index,
    );
  return { ...draft, steps: added(draft.steps), told: added(draft.told) };
}

function put(drafts: Drafts, draft: Draft): Drafts {
  const shown = draft.old && hasGrownPast(draft, draft.old) ? { ...draft, old: null } : draft;
  return new Map(drafts).set(draftKey(draft.turnId, draft.beat), shown);
}

function without(drafts: Drafts, ends: (draft: Draft) => boolean): Drafts {
  const left = [...drafts].filter(([, draft]) => !ends(draft));
  return left.length === drafts.size ? drafts : new Map(left);
}

/** An agent's steps with the text of each: it runs to where the next of its channel begins. */
export function filledSteps(draft: Pick<Draft, 'text' | 'thinking' | 'steps'>): AgentStep[] {
  return draft.steps.map(({ step, offset }, n) => {
    if (step.type !== 'thinking' && step.type !== 'text') return step;
    const next = draft.steps.slice(n + 1).find((other) => other.step.type === step.type);
    return { ...step, content: draft[step.type].slice(offset, next?.offset) };
  });
}
