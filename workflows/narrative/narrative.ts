import { CancellationScope } from '@temporalio/workflow';
import type { ClassifierCall } from '../../domain/classifiers/classifier.js';
import { silentWitness } from '../../domain/narrative/participants.js';
import { stepName } from '../../domain/turns/stepName.js';
import type { WhenFailed } from '../../domain/turns/turn.js';
import type { ReplyVerdict } from '../../domain/turns/verdict.js';
import { guessAddressee } from '../activities.js';
import { type RunningTurn, reply } from '../turns/reply.js';
import { publishPhase } from '../turns/searchable.js';
import { classify } from './classifiers.js';
import { createFollowUps, type FollowUps } from './followUps.js';

export type Person = { id: string; name: string };

/** The people and facts of a narrative turn: ids, names for summaries, and what decides which steps run. */
export type Cast = {
  turnId: string;
  owner: string;
  taskQueue: string;
  host: Person;
  guest: Person | null;
  sceneId: string | null;
  hasProse: boolean;
  isNewProse: boolean;
  hasStoryEvents: boolean;
  /** The calls of the classifiers that follow the reply. Turns of before have none. */
  followUps?: ClassifierCall[];
  regenerates: string | null;
  /** The speaker of the reply that this turn continues. Turns of before have none. */
  continuedBy?: string;
  whenFailed: WhenFailed;
};

/**
 * A narrative turn: the addressee answers, then all follow-ups run side by side. Returns when each step has landed or is
 * stuck.
 */
export async function narrative(cast: Cast, running: RunningTurn): Promise<ReplyVerdict> {
  const followUps = createFollowUps(cast, running.steps);
  const parsed = cast.hasProse && cast.isNewProse ? followUps.parse() : null;

  const speaker = await addressee(cast, running);
  const primary = await reply({ ...beatOf(cast, 0, speaker), whenFailed: cast.whenFailed }, running);
  if (primary.gone) return primary;
  if (primary.landed) enterFollowUps(running);

  const beats = primary.landed && !primary.empty ? afterPrimary(cast, followUps, speaker, primary, running) : null;
  await Promise.all([
    parsed,
    beats?.all,
    cast.sceneId && cast.hasProse ? followUps.sceneClose(cast.sceneId, beats?.landed ?? Promise.resolve()) : null,
  ]);
  return primary;
}

function enterFollowUps({ progress }: RunningTurn): void {
  progress.enter('following_up');
  publishPhase('following_up');
}

const beatOf = ({ turnId }: Cast, beat: number, speaker: Person) => ({
  turnId,
  kind: 'narrative' as const,
  beat,
  speaker,
});

/** The follow-ups of the first beat. `landed` resolves when the second beat, if any, has ended. */
function afterPrimary(cast: Cast, followUps: FollowUps, speaker: Person, primary: ReplyVerdict, running: RunningTurn) {
  const scored = cast.regenerates === null;
  const first = followUps.afterBeat(0, { scored });
  const second = interjection(cast, speaker, primary, running);
  const followed = second.then((verdict) =>
    verdict?.landed && !verdict.truncated
      ? followUps.afterBeat(1, { scored, updatesAfter: first.updates }).all
      : undefined,
  );
  const asked = followUps.afterReply(callsAfter(cast));
  return { landed: second, all: Promise.all([first.all, followed, asked]) };
}

/** `openTurn` returns them, so that they are in the history. That of an older turn only says whether there are story events. */
const callsAfter = ({ followUps, hasStoryEvents }: Cast): ClassifierCall[] =>
  followUps ?? (hasStoryEvents ? [{ name: 'event_lifecycle' }] : []);

/** The character who answers: without a guest, the host. When the classifier fails, the names in the prose decide. */
async function addressee(cast: Cast, { control, progress }: RunningTurn): Promise<Person> {
  const { turnId, guest, host, continuedBy } = cast;
  if (continuedBy !== undefined) return guest?.id === continuedBy ? guest : host;
  if (!guest || !cast.hasProse || control.stopped()) return host;
  const step = stepName.addressee;
  progress.set(step, 'running');
  try {
    const ask = classify(cast.taskQueue, cast.owner, 'addressee', null, { withinAll: '10 s' });
    const verdict = await CancellationScope.nonCancellable(() =>
      ask({ turnId, step, call: { name: 'addressee' }, round: 0 }),
    );
    progress.set(step, 'done');
    return verdict.addresseeId === guest.id ? guest : host;
  } catch {
    progress.warn('addressee_guessed');
    const guess = await CancellationScope.nonCancellable(() => guessAddressee({ turnId }));
    progress.set(step, 'done');
    return guess?.addresseeId === guest.id ? guest : host;
  }
}

/** The character who did not answer may interject once, after a complete first beat. A failed classifier means no. */
async function interjection(
  cast: Cast,
  speaker: Person,
  primary: ReplyVerdict,
  running: RunningTurn,
): Promise<ReplyVerdict | null> {
  const { turnId, guest, host } = cast;
  const witness = silentWitness({ host, guest }, speaker.id);
  if (!witness || primary.truncated || primary.empty) return null;
  const step = stepName.interjection;
  running.progress.set(step, 'running');
  try {
    const ask = classify(cast.taskQueue, cast.owner, 'interjection', witness.name);
    const verdict = await CancellationScope.nonCancellable(() =>
      ask({ turnId, step, call: { name: 'interjection', beat: 0, sourceId: witness.id }, round: 0 }),
    );
    running.progress.set(step, 'done');
    if (!verdict.shouldInterject) return null;
  } catch {
    running.progress.set(step, 'skipped');
    running.progress.warn('interjection_failed');
    return null;
  }
  return reply({ ...beatOf(cast, 1, witness), interjectionOf: speaker.id, whenFailed: 'fail' }, running);
}
