import { CancellationScope, isCancellation } from '@temporalio/workflow';
import { summary } from '../domain/engine.js';
import type { FailureCode } from '../domain/failures.js';
import { stepName } from '../domain/stepName.js';
import type { WhenFailed } from '../domain/turn.js';
import type { ReplyVerdict } from '../domain/verdict.js';
import { awaitOperator, closeReply, resumeTurn, streamReply } from './activities.js';
import type { Control } from './control.js';
import type { Progress } from './progress.js';
import { codeOf, type Steps } from './steps.js';

export type Beat = {
  turnId: string;
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
  for (let round = 0; ; round++) {
    const end = await attempt(beat, ears);
    if ('verdict' in end) return end.verdict;
    const parked = end.code !== null && beat.whenFailed === 'park';
    const decision = parked ? await park(beat.turnId, step, round, end.code, ears) : 'skip';
    if (decision !== 'retry') return close(beat, decision === 'over' ? null : end.code, ears);
  }
}

/** One round of attempts: a verdict, or the code that it failed with; null when it was stopped. */
async function attempt(
  beat: Beat,
  { control, progress }: Ears,
): Promise<{ verdict: ReplyVerdict } | { code: FailureCode | null }> {
  const step = stepName.reply(beat.beat);
  progress.set(step, 'running');
  try {
    const verdict = await control.stoppable(() => streamReply(summary('reply', beat.speaker.name))(keyOf(beat)));
    progress.set(step, 'done', verdict.code);
    return { verdict };
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
function park(
  turnId: string,
  step: string,
  round: number,
  code: FailureCode | null,
  { control, progress, steps }: Ears,
) {
  return CancellationScope.nonCancellable(async () => {
    const held = async () => {
      await awaitOperator({ turnId, keepFloor: true });
      progress.enter('replying', 'awaiting_operator');
    };
    const decision = await steps.park(step, round, code ?? 'internal', { over: control.stopped, held });
    await resumeTurn({ turnId });
    progress.enter('replying', 'running');
    return decision;
  });
}

const keyOf = (beat: Beat) => ({
  turnId: beat.turnId,
  beat: beat.beat,
  speakerId: beat.speaker.id,
  ...(beat.interjectionOf ? { interjectionOf: beat.interjectionOf } : {}),
});
