import { CancellationScope } from '@temporalio/workflow';
import { summary } from '../../domain/turns/engine.js';
import { stepName } from '../../domain/turns/stepName.js';
import type { ReplyKind, WhenFailed } from '../../domain/turns/turn.js';
import type { ReplyVerdict } from '../../domain/turns/verdict.js';
import { awaitOperator, closeReply, isCancelled, resumeTurn, streamReply } from '../activities.js';
import type { Control } from './control.js';
import type { Progress } from './progress.js';
import { publishPhase } from './searchable.js';
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

/** What the parts of a running turn share. */
export type RunningTurn = { control: Control; progress: Progress; steps: Steps };

/** Streams one beat until it has landed, was cut short by a stop, or was closed with the text received so far. */
export async function reply(beat: Beat, running: RunningTurn): Promise<ReplyVerdict> {
  const step = stepName.reply(beat.beat);
  reportBeat(beat, null, running);
  const end = await retryInRounds(
    { ...beat, step },
    async () => {
      const verdict = await streamReply(summary('reply', beat.speaker.name))(keyOf(beat));
      running.progress.set(step, 'done', verdict.code);
      return verdict;
    },
    running,
  );
  const verdict = 'value' in end ? end.value : await close(beat, end.failure, running);
  reportBeat(beat, verdict, running);
  return verdict;
}

function reportBeat({ beat, speaker }: Beat, verdict: ReplyVerdict | null, { progress }: RunningTurn): void {
  progress.setBeat({ beat, speakerId: speaker.id, state: verdict ? endOf(verdict) : 'in flight' });
}

function endOf({ landed, truncated }: ReplyVerdict) {
  if (!landed) return 'nothing landed';
  return truncated ? 'cut short' : 'landed';
}

export type Outcome<T> = { value: T } | { failure: StepFailure | null };
type Rounds = { turnId: string; step: string; whenFailed: WhenFailed };

/**
 * Runs stoppable work; with `whenFailed: 'park'`, again in each round that an operator starts. Gives the value, or the
 * last failure; null when stopped.
 */
export async function retryInRounds<T>(
  { turnId, step, whenFailed }: Rounds,
  work: () => Promise<T>,
  running: RunningTurn,
): Promise<Outcome<T>> {
  for (let round = 0; ; round++) {
    const end = await attempt(step, work, running);
    if ('value' in end || end.failure === null || whenFailed !== 'park') return end;
    const decision = await park(turnId, step, round, end.failure, running);
    if (decision === 'over') return { failure: null };
    if (decision === 'skip') return end;
  }
}

async function attempt<T>(
  step: string,
  work: () => Promise<T>,
  { control, progress }: RunningTurn,
): Promise<Outcome<T>> {
  progress.set(step, 'running');
  try {
    return { value: await control.stoppable(work) };
  } catch (error) {
    return { failure: isCancelled(error) ? null : failureOf(error) };
  }
}

/** Appends the text received so far, in place of the failed attempts. */
function close(beat: Beat, failure: StepFailure | null, { progress }: RunningTurn): Promise<ReplyVerdict> {
  return CancellationScope.nonCancellable(async () => {
    const verdict = await closeReply({ ...keyOf(beat), code: failure?.code ?? null });
    progress.set(stepName.reply(beat.beat), verdict.landed ? 'done' : 'skipped', verdict.code, failure?.failures);
    return verdict;
  });
}

/** Keeps a failed reply and the floor until an operator decides or the turn is stopped. */
function park(
  turnId: string,
  step: string,
  round: number,
  failure: StepFailure,
  { control, progress, steps }: RunningTurn,
) {
  return CancellationScope.nonCancellable(async () => {
    const onParked = async () => {
      await awaitOperator({ turnId, keepFloor: true });
      progress.enter('replying', 'awaiting_operator');
      publishPhase('awaiting_operator');
    };
    const decision = await steps.park(step, round, failure, { isOver: control.stopped, onParked });
    await resumeTurn({ turnId });
    progress.enter('replying', 'running');
    publishPhase('replying');
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
