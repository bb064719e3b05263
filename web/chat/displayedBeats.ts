import { type Draft, filledSteps } from '../../client/src/index.js';
import type { AgentStep, EventData } from '../../domain/log/events.js';
import type { RestartReason } from '../../domain/turns/restartReasons.js';
import type { PublicError } from '../data/resources.js';
import type { Beat, Exchange } from '../timeline/timeline.js';

/** One beat as it is shown: in flight or landed, under the same key, so that landing changes nothing on the page. */
export type Said = {
  key: string;
  turnId: string;
  beat: number;
  speakerId: string;
  text: string;
  thinking: string;
  steps: readonly AgentStep[];
  streaming: boolean;
  /** What is shown was lost, and is written again; and why, where that was heard. */
  lost: { reason: RestartReason | null } | null;
  silentFor: number;
  usedTools: readonly string[];
  truncated: boolean;
  interjects: boolean;
  error: PublicError | null;
  relay: EventData<'assistant_turn'>['relay'] | null;
  at: string | null;
};

/**
 * The beats of an exchange. While another version of the reply comes, the old one stays until the new one has begun
 * to speak.
 */
export function displayedBeats(exchange: Exchange, drafts: readonly Draft[]): Said[] {
  const landed = exchange.beats;
  const replacing = drafts.some(({ turnId, text, steps }) => {
    const isOther = landed.length > 0 && landed.every((beat) => beat.turnId !== turnId);
    return isOther && (text !== '' || steps.length > 0);
  });
  const kept = replacing ? landed.filter(({ turnId }) => drafts.some((draft) => draft.turnId === turnId)) : landed;
  const coming = drafts.filter((draft) => replacing || isNew(draft, landed));
  return [...kept.map(fromBeat), ...coming.map(fromDraft)];
}

/** Of a version that is yet to speak, beside the old one, only its turn's state tells. */
function isNew({ turnId, beat }: Draft, landed: readonly Beat[]): boolean {
  const ofSame = landed.filter((each) => each.turnId === turnId);
  return (landed.length === 0 || ofSame.length > 0) && !ofSame.some((each) => each.beat === beat);
}

const fromBeat = (beat: Beat): Said => ({
  key: `${beat.turnId}:${beat.beat}`,
  turnId: beat.turnId,
  beat: beat.beat,
  speakerId: beat.speakerId,
  text: beat.text,
  thinking: '',
  steps: beat.steps ?? [],
  streaming: false,
  lost: null,
  silentFor: 0,
  usedTools: beat.relay?.usedTools ?? [],
  truncated: beat.truncated,
  interjects: beat.interjectionOf !== undefined,
  error: beat.error ?? null,
  relay: beat.relay ?? null,
  at: beat.at,
});

/** A draft as it is shown: what there is of the lost one stays until the new one has grown past it. */
function fromDraft(draft: Draft): Said {
  const { text, thinking, steps } = draft.old ?? draft;
  return { ...toSaid(draft), text, thinking, steps: filledSteps({ text, thinking, steps }) };
}

const toSaid = (draft: Draft): Omit<Said, 'text' | 'thinking' | 'steps'> => ({
  key: `${draft.turnId}:${draft.beat}`,
  turnId: draft.turnId,
  beat: draft.beat,
  speakerId: draft.speakerId,
  streaming: true,
  lost: draft.old && { reason: draft.old.reason },
  silentFor: draft.silentFor,
  usedTools: draft.usedTools,
  truncated: false,
  interjects: draft.beat === 1,
  error: null,
  relay: null,
  at: null,
});
