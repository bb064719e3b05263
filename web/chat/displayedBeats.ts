import {
  type AgentStep,
  type Draft,
  filledSteps,
  type PublicError,
  type RestartReason,
} from '../../client/src/index.js';
import type { Beat, Exchange } from '../timeline/timeline.js';

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
  return [...kept.map((beat) => fromBeat(beat, exchange)), ...shownDrafts.map(fromDraft)];
}

/** Whether a draft belongs to the version that is shown, and has not landed. */
function isOfShownVersion({ turnId, beat }: Draft, landed: readonly Beat[]): boolean {
  const ofTurn = landed.filter((each) => each.turnId === turnId);
  return (landed.length === 0 || ofTurn.length > 0) && !ofTurn.some((each) => each.beat === beat);
}

const fromBeat = (beat: Beat, exchange: Exchange): DisplayedBeat => ({
  key: `${beat.turnId}:${beat.beat}`,
  turnId: beat.turnId,
  beat: beat.beat,
  speakerId: beat.speakerId,
  text: beat.text,
  thinking: '',
  steps: withOutputs(beat, exchange),
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

/** The steps of a reply, with the results of calls that the client ran after it. */
function withOutputs({ steps = [], turnId }: Beat, { activity }: Exchange): readonly AgentStep[] {
  if (!steps.some(({ client }) => client)) return steps;
  const ends = activity.flatMap((event) =>
    event.kind === 'tool_call_end' && event.turnId === turnId ? [event.data] : [],
  );
  return steps.flatMap((step) => {
    const end = step.client && ends.find(({ id }) => id === step.callId);
    if (!end) return [step];
    const { id: callId, result: content, success } = end;
    return [
      step,
      { id: `${step.id}:output`, index: step.index, type: 'tool_result' as const, callId, content, success },
    ];
  });
}

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
