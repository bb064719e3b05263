import { CancellationScope } from '@temporalio/workflow';
import { silentWitness } from '../../domain/narrative/participants.js';
import { stepName } from '../../domain/turns/stepName.js';
import type { WhenFailed } from '../../domain/turns/turn.js';
import type { ReplyVerdict } from '../../domain/turns/verdict.js';
import { guessAddressee } from '../activities.js';
import { type Ears, reply } from '../turns/reply.js';
import { showPhase } from '../turns/searchable.js';
import { classify } from './classifiers.js';
import { createFollowUps, type FollowUps } from './followUps.js';

export type Person = { id: string; name: string };

/** Who and what a narrative turn is about: ids, names for summaries, and facts that decide which steps there are. */
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
  regenerates: string | null;
  whenFailed: WhenFailed;
};

/**
 * A narrative turn: the addressee answers, then everything that follows from it runs at once. It is over when
 * each step has landed or is stuck.
 */
export async function narrative(cast: Cast, ears: Ears): Promise<ReplyVerdict> {
  const followUps = createFollowUps(cast, ears.steps);
  const parsed = cast.hasProse && cast.isNewProse ? followUps.parse() : null;

  const speaker = await addressee(cast, ears);
  const primary = await reply({ ...beatOf(cast, 0, speaker), whenFailed: cast.whenFailed }, ears);
  if (primary.gone) return primary;
  if (primary.landed) enterFollowUps(ears);

  const beats = primary.landed && !primary.empty ? afterPrimary(cast, followUps, speaker, primary, ears) : null;
  await Promise.all([
    parsed,
    beats?.all,
    cast.sceneId && cast.hasProse ? followUps.sceneClose(cast.sceneId, beats?.landed ?? Promise.resolve()) : null,
  ]);
  return primary;
}

function enterFollowUps({ progress }: Ears): void {
  progress.enter('following_up');
  showPhase('following_up');
}

const beatOf = ({ turnId }: Cast, beat: number, speaker: Person) => ({
  turnId,
  kind: 'narrative' as const,
  beat,
  speaker,
});

/** What follows from the first beat; `landed` resolves when the second one has, if there is one. */
function afterPrimary(cast: Cast, followUps: FollowUps, speaker: Person, primary: ReplyVerdict, ears: Ears) {
  const scored = cast.regenerates === null;
  const first = followUps.afterBeat(0, { scored });
  const second = interjection(cast, speaker, primary, ears);
  const followed = second.then((verdict) =>
    verdict?.landed && !verdict.truncated
      ? followUps.afterBeat(1, { scored, updatesAfter: first.updates }).all
      : undefined,
  );
  const lifecycle = cast.hasStoryEvents ? followUps.eventLifecycle() : null;
  return { landed: second, all: Promise.all([first.all, followed, lifecycle]) };
}

/** Who answers. Without a guest it is the host; a classifier that fails leaves it to the names in the prose. */
async function addressee(cast: Cast, { control, progress }: Ears): Promise<Person> {
  const { turnId, guest, host } = cast;
  if (!guest || !cast.hasProse || control.stopped()) return host;
  const step = stepName.addressee;
  progress.set(step, 'running');
  try {
    const ask = classify(cast.taskQueue, cast.owner, 'addressee', null, { patience: '10 s' });
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

/** The silent witness may speak up, once, after a first beat that came to its own end. A failed classifier means no. */
async function interjection(
  cast: Cast,
  speaker: Person,
  primary: ReplyVerdict,
  ears: Ears,
): Promise<ReplyVerdict | null> {
  const { turnId, guest, host } = cast;
  const witness = silentWitness({ host, guest }, speaker.id);
  if (!witness || primary.truncated || primary.empty) return null;
  const step = stepName.interjection;
  ears.progress.set(step, 'running');
  try {
    const ask = classify(cast.taskQueue, cast.owner, 'interjection', witness.name);
    const verdict = await CancellationScope.nonCancellable(() =>
      ask({ turnId, step, call: { name: 'interjection', beat: 0, sourceId: witness.id }, round: 0 }),
    );
    ears.progress.set(step, 'done');
    if (!verdict.shouldInterject) return null;
  } catch {
    ears.progress.set(step, 'skipped');
    ears.progress.warn('interjection_failed');
    return null;
  }
  return reply({ ...beatOf(cast, 1, witness), interjectionOf: speaker.id, whenFailed: 'fail' }, ears);
}
