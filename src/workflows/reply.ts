import { CancellationScope, isCancellation } from '@temporalio/workflow';
import { summary } from '../domain/engine.js';
import type { FailureCode } from '../domain/failures.js';
import { stepName } from '../domain/stepName.js';
import type { ChatKind, WhenFailed } from '../domain/turn.js';
import type { ReplyVerdict } from '../domain/verdict.js';
import { awaitOperator, closeReply, resumeTurn, streamReply } from './activities.js';
import type { Control } from './control.js';
import type { Progress } from './progress.js';
import { codeOf, type Steps } from './steps.js';

export type Beat = {
  turnId: string;
  /** What it is a reply of; left out by turns that began when there was one kind. */
  kind?: ChatKind;
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
  const end = await inRounds(
    { ...beat, step },
    async () => {
      const verdict = await streamReply(summary('reply', beat.speaker.name))(keyOf(beat));
      ears.progress.set(step, 'done', verdict.code);
      return verdict;
    },
    ears,
  );
  return 'value' in end ? end.value : close(beat, end.code, ears);
}

type Rounds = { turnId: string; step: string; whenFailed: WhenFailed };

/** Rounds of attempts at what a stop ends early: a value, or the code that it was given up with; null when stopped. */
export async function inRounds<T>(
  { turnId, step, whenFailed }: Rounds,
  work: () => Promise<T>,
  ears: Ears,
): Promise<{ value: T } | { code: FailureCode | null }> {
  for (let round = 0; ; round++) {
    const end = await attempt(step, work, ears);
    if ('value' in end || end.code === null || whenFailed !== 'park') return end;
    const decision = await park(turnId, step, round, end.code, ears);
    if (decision === 'over') return { code: null };
    if (decision === 'skip') return end;
  }
}

async function attempt<T>(
  step: string,
  work: () => Promise<T>,
  { control, progress }: Ears,
): Promise<{ value: T } | { code: FailureCode | null }> {
  progress.set(step, 'running');
  try {
    return { value: await control.stoppable(work) };
  } catch (error) {
    return { code: isCancellation(error) ? null : codeOf(error) };
  }
}

/** Keeps the text that there is, in the place of the attempts. */
function close(beat: Beat, code: FailureCode | null, { progress }: Ears): Promise<ReplyVerdict> {
  return CancellationScope.nonCancellable(async () => {
    const verdict = await closeReply({ ...keyOf(beat), code });
    progress.set(stepName.reply(beat.beat), verdict.landed ? 'done' : 'skipped', verdict.code);
    return verdict;
  });
}

/** Holds a reply that has failed, and the floor with it, until an operator decides or the turn is stopped. */
function park(turnId: string, step: string, round: number, code: FailureCode, { control, progress, steps }: Ears) {
  return CancellationScope.nonCancellable(async () => {
    const held = async () => {
      await awaitOperator({ turnId, keepFloor: true });
      progress.enter('replying', 'awaiting_operator');
    };
    const decision = await steps.park(step, round, code, { over: control.stopped, held });
    await resumeTurn({ turnId });
    progress.enter('replying', 'running');
    return decision;
  });
}

const keyOf = (beat: Beat) => ({
  turnId: beat.turnId,
  beat: beat.beat,
  speakerId: beat.speaker.id,
  ...(beat.kind ? { kind: beat.kind } : {}),
  ...(beat.interjectionOf ? { interjectionOf: beat.interjectionOf } : {}),
});
