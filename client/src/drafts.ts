import { hasGrownPast, type OldDraft, oldDraftOf } from './oldDraft.js';
import type { AgentStep, DraftFrame, EventFrame, RestartFrame, TokenFrame, ViewerFrame } from './schema.js';

export type Channel = TokenFrame['channel'];

/** A step of an agent's draft. `offset`: where its text begins in its channel, in UTF-16 code units. */
export type DraftStep = { step: AgentStep; offset: number };

/** The received part of a reply in flight. Immutable. */
export type Draft = {
  turnId: string;
  beat: number;
  epoch: number;
  speakerId: string;
  /** The text to show. Right after a reconnect it may be longer than what this connection has received. */
  text: string;
  thinking: string;
  /** How much of each channel this connection has received, in UTF-16 code units. */
  received: Record<Channel, number>;
  steps: readonly DraftStep[];
  /** The steps received on this connection. A `step` frame has no epoch, so they may belong to the next one. */
  receivedSteps: readonly DraftStep[];
  /** Seconds of silence of a relayed reply; 0 once text arrives. */
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
  received: { text: 0, thinking: 0 },
  steps: [],
  receivedSteps: [],
  silentFor: 0,
  usedTools: [],
  old,
});

/** The drafts after a frame; the same map when the frame changes no draft. */
export function evolveDrafts(drafts: Drafts, frame: ViewerFrame): Drafts {
  switch (frame.type) {
    case 'hello':
      // The service sends each draft again from its beginning. The text stays until then, so that pages do not flicker.
      return new Map(
        [...drafts].map(([key, draft]) => [key, { ...draft, received: { text: 0, thinking: 0 }, receivedSteps: [] }]),
      );
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
  return drafts; // A frame type of a later release of the service.
}

/** The reasons after which the old draft is not shown: the log's event follows immediately, or the text was no reply. */
const notShown: ReadonlySet<string> = new Set(['dropped', 'kept_text', 'thinking_separated']);

const isRewritten = (reason: RestartFrame['reason']) => !notShown.has(reason);

/** An event replaces the drafts that it ends. */
function landed(drafts: Drafts, frame: EventFrame): Drafts {
  switch (frame.kind) {
    case 'assistant_turn_started': {
      const { beat, speakerId } = frame.data;
      return withDraft(drafts, { turnId: frame.turnId ?? '', beat, speakerId }, (draft) => ({ ...draft, speakerId }));
    }
    case 'assistant_turn': {
      const { beat } = frame.data;
      return without(drafts, (draft) => draft.turnId === frame.turnId && draft.beat === beat);
    }
    case 'turn_completed':
      return without(drafts, (draft) => draft.turnId === frame.turnId);
    case 'turn_rolled_back': {
      const { turnId } = frame.data;
      return without(drafts, (draft) => draft.turnId === turnId);
    }
    default:
      // Other events, and those of a newer server, change no draft.
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
  // A draft of epoch 0 holds only steps: they belong to the text that arrives now.
  if (known && known.epoch === 0 && epoch > 0) return put(drafts, change({ ...known, epoch }));
  const same = known && (epoch === 0 || epoch === known.epoch);
  // A viewer that was not connected at the restart gets only the new draft: first its steps, then its text.
  const old = known ? oldDraftOf(known, null) : null;
  const receivedSteps = known && known.received.text + known.received.thinking === 0 ? known.receivedSteps : [];
  const draft = same
    ? known
    : { ...newDraft(turnId, beat, epoch, speakerId, old), steps: receivedSteps, receivedSteps };
  return put(drafts, change(draft));
}

function addText(draft: Draft, { type, channel, offset, text, speakerId }: DraftFrame | TokenFrame): Draft {
  const received = type === 'draft' ? 0 : draft.received[channel];
  if (offset > received) return draft;
  const fresh = text.slice(received - offset);
  const end = received + fresh.length;
  const shown = draft[channel];
  return {
    ...draft,
    speakerId,
    [channel]: end > shown.length ? shown + fresh.slice(shown.length - received) : shown,
    received: { ...draft.received, [channel]: end },
    silentFor: 0,
  };
}

function addStep(draft: Draft, step: AgentStep): Draft {
  const offset = step.type === 'thinking' || step.type === 'text' ? draft.received[step.type] : 0;
  const added = (steps: readonly DraftStep[]) =>
    [...steps.filter((known) => known.step.index !== step.index), { step, offset }].sort(
      (a, b) => a.step.index - b.step.index,
    );
  return { ...draft, steps: added(draft.steps), receivedSteps: added(draft.receivedSteps) };
}

function put(drafts: Drafts, draft: Draft): Drafts {
  const shown = draft.old && hasGrownPast(draft, draft.old) ? { ...draft, old: null } : draft;
  return new Map(drafts).set(draftKey(draft.turnId, draft.beat), shown);
}

function without(drafts: Drafts, ends: (draft: Draft) => boolean): Drafts {
  const left = [...drafts].filter(([, draft]) => !ends(draft));
  return left.length === drafts.size ? drafts : new Map(left);
}

/** An agent's steps with their text: each ends where the next step of its channel begins. */
export function filledSteps(draft: Pick<Draft, 'text' | 'thinking' | 'steps'>): AgentStep[] {
  return draft.steps.map(({ step, offset }, n) => {
    if (step.type !== 'thinking' && step.type !== 'text') return step;
    const next = draft.steps.slice(n + 1).find((other) => other.step.type === step.type);
    return { ...step, content: draft[step.type].slice(offset, next?.offset) };
  });
}
