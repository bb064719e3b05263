import {
  type AgentStep,
  type Draft,
  filledSteps,
  type PublicError,
  type RestartReason,
} from '../../../client/src/index.js';
import type { Beat, Exchange } from '../../timeline/timeline.js';

/** A beat as it is shown. A draft and the message that it becomes have the same key, and so the same element. */
export type DisplayedBeat = {
  key: string;
  turnId: string;
  beat: number;
  speakerId: string;
  text: string;
  thinking: string;
  steps: readonly AgentStep[];
  isStreaming: boolean;
  /** Set while the text of a lost draft is shown. `reason`: null where the `restart` frame was missed. */
  restart: { reason: RestartReason | null } | null;
  silentFor: number;
  usedTools: readonly string[];
  /** When it was complete, ISO 8601; null while it streams. */
  at: string | null;
  isTruncated: boolean;
  isInterjection: boolean;
  isEdited: boolean;
  error: PublicError | null;
};

/** The beats of an exchange. The old version of a reply is shown until the new one has text or steps. */
export function displayedBeats(exchange: Exchange, drafts: readonly Draft[]): DisplayedBeat[] {
  const landed = exchange.beats;
  const isReplacing = drafts.some(({ turnId, text, steps }) => {
    const isOther = landed.length > 0 && landed.every((beat) => beat.turnId !== turnId);
    return isOther && (text !== '' || steps.length > 0);
  });
  const kept = isReplacing ? landed.filter(({ turnId }) => drafts.some((draft) => draft.turnId === turnId)) : landed;
  const shownDrafts = drafts.filter((draft) => isReplacing || isOfShownVersion(draft, landed));
  return [...kept.map(fromBeat), ...shownDrafts.map(fromDraft)];
}

/** Whether a draft belongs to the version that is shown, and has not landed. */
function isOfShownVersion({ turnId, beat }: Draft, landed: readonly Beat[]): boolean {
  const ofTurn = landed.filter((each) => each.turnId === turnId);
  return (landed.length === 0 || ofTurn.length > 0) && !ofTurn.some((each) => each.beat === beat);
}

const fromBeat = (beat: Beat): DisplayedBeat => ({
  key: `${beat.turnId}:${beat.beat}`,
  turnId: beat.turnId,
  beat: beat.beat,
  speakerId: beat.speakerId,
  text: beat.text,
  thinking: '',
  steps: beat.steps ?? [],
  isStreaming: false,
  restart: null,
  silentFor: 0,
  usedTools: beat.relay?.usedTools ?? [],
  at: beat.at,
  isTruncated: beat.truncated,
  isInterjection: beat.interjectionOf !== undefined,
  isEdited: beat.isEdited === true,
  error: beat.error ?? null,
});

/** The text of a lost draft is shown until the new one has grown past it. */
function fromDraft(draft: Draft): DisplayedBeat {
  const { text, thinking, steps } = draft.old ?? draft;
  return {
    key: `${draft.turnId}:${draft.beat}`,
    turnId: draft.turnId,
    beat: draft.beat,
    speakerId: draft.speakerId,
    text,
    thinking,
    steps: filledSteps({ text, thinking, steps }),
    isStreaming: true,
    restart: draft.old && { reason: draft.old.reason },
    silentFor: draft.silentFor,
    usedTools: draft.usedTools,
    at: null,
    isTruncated: false,
    isInterjection: draft.beat === 1,
    isEdited: false,
    error: null,
  };
}
