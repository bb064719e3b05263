import { CancellationScope, isCancellation } from '@temporalio/workflow';
import { summary } from '../../domain/turns/engine.js';
import { stepName } from '../../domain/turns/stepName.js';
import type { ReplyKind, WhenFailed } from '../../domain/turns/turn.js';
import type { ReplyVerdict } from '../../domain/turns/verdict.js';
import { awaitOperator, closeReply, resumeTurn, streamReply } from '../activities.js';
import type { Control } from './control.js';
import type { Progress } from './progress.js';
import { showPhase } from './searchable.js';
import { failureOf, type StepFailure, type Steps } from './steps.js';

export type Beat = {
  turnId: string;
  kind: ReplyKind;
  beat: number;
  speaker: { id: string; name: string };
  /** The speaker of the first beat, on a second one. */
  interjectionOf?: string;
  whenFailed: WhenFailed;
};

export type Ears = { control: Control; progress: Progress; steps: Steps };

/** Streams one beat to its end: landed, cut short by a stop, or closed with the text that there is. */
export async function reply(beat: Beat, ears: Ears): Promise<ReplyVerdict> {
  const step = stepName.reply(beat.beat);
  showBeat(beat, null, ears);
  const end = await inRounds(
    { ...beat, step },
    async () => {
      const verdict = await streamReply(summary('reply', beat.speaker.name))(keyOf(beat));
      ears.progress.set(step, 'done', verdict.code);
      return verdict;
    },
    ears,
  );
  const verdict = 'value' in end ? end.value : await close(beat, end.failure, ears);
  showBeat(beat, verdict, ears);
  return verdict;
}

function showBeat({ beat, speaker }: Beat, verdict: ReplyVerdict | null, { progress }: Ears): void {
  progress.setBeat({ beat, speakerId: speaker.id, state: verdict ? endOf(verdict) : 'in flight' });
}

function endOf({ landed, truncated }: ReplyVerdict) {
  if (!landed) return 'nothing landed';
  return truncated ? 'cut short' : 'landed';
}

export type End<T> = { value: T } | { failure: StepFailure | null };
type Rounds = { turnId: string; step: string; whenFailed: WhenFailed };

/** Rounds of attempts at what a stop ends early: a value, or what it was given up with; null when stopped. */
export async function inRounds<T>(
  { turnId, step, whenFailed }: Rounds,
  work: () => Promise<T>,
  ears: Ears,
): Promise<End<T>> {
  for (let round = 0; ; round++) {
    const end = await attempt(step, work, ears);
    if ('value' in end || end.failure === null || whenFailed !== 'park') return end;
    const decision = await park(turnId, step, round, end.failure, ears);
    if (decision === 'over') return { failure: null };
    if (decision === 'skip') return end;
  }
}

async function attempt<T>(step: string, work: () => Promise<T>, { control, progress }: Ears): Promise<End<T>> {
  progress.set(step, 'running');
  try {
    return { value: await control.stoppable(work) };
  } catch (error) {
    return { failure: isCancellation(error) ? null : failureOf(error) };
  }
}

/** Keeps the text that there is, in the place of the attempts. */
function close(beat: Beat, failure: StepFailure | null, { progress }: Ears): Promise<ReplyVerdict> {
  return CancellationScope.nonCancellable(async () => {
    const verdict = await closeReply({ ...keyOf(beat), code: failure?.code ?? null });
    progress.set(stepName.reply(beat.beat), verdict.landed ? 'done' : 'skipped', verdict.code, failure?.failures);
    return verdict;
  });
}

/** Holds a reply that has failed, and the floor with it, until an operator decides or the turn is stopped. */
function park(turnId: string, step: string, round: number, failure: StepFailure, { control, progress, steps }: Ears) {
  return CancellationScope.nonCancellable(async () => {
    const held = async () => {
      await awaitOperator({ turnId, keepFloor: true });
      progress.enter('replying', 'awaiting_operator');
      showPhase('awaiting_operator');
    };
    const decision = await steps.park(step, round, failure, { over: control.stopped, held });
    await resumeTurn({ turnId });
    progress.enter('replying', 'running');
    showPhase('replying');
    return decision;
  });
}

const keyOf = (beat: Beat) => ({
  turnId: beat.turnId,
  beat: beat.beat,
  speakerId: beat.speaker.id,
  kind: beat.kind,
  ...(beat.interjectionOf ? { interjectionOf: beat.interjectionOf } : {}),
});
