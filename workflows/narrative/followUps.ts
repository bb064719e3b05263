import { CancellationScope } from '@temporalio/workflow';
import type { ClassifierCall, Verdict } from '../../domain/classifiers/classifier.js';
import { directedPairs, witnesses } from '../../domain/narrative/participants.js';
import { stepName } from '../../domain/turns/stepName.js';
import { closeScene, writeMemory } from '../activities.js';
import type { Steps } from '../turns/steps.js';
import { classify } from './classifiers.js';
import type { Cast } from './narrative.js';

/** The follow-ups of a narrative turn, each a step of its own. */
export type FollowUps = {
  parse(): Promise<void>;
  /** The memory of a beat, its significance, and the state updates of the relationships. */
  afterBeat(
    beat: number,
    options: { updatesAfter?: Promise<unknown>; scored: boolean },
  ): { updates: Promise<void>; all: Promise<void> };
  /** The classifiers that follow the reply, each a step of its name. */
  afterReply(calls: readonly ClassifierCall[]): Promise<void>;
  /** Asks whether the scene is over, and closes it after `beats` have landed. */
  sceneClose(sceneId: string, beats: Promise<unknown>): Promise<void>;
};

export function createFollowUps(cast: Cast, steps: Steps): FollowUps {
  const ask =
    (step: string, what: string, call: ClassifierCall, names: string | null = null) =>
    (round: number) =>
      classify(cast.taskQueue, cast.owner, what, names)({ turnId: cast.turnId, step, call, round });
  const run = (
    step: string,
    what: string,
    call: ClassifierCall,
    names?: string,
    land?: (verdict: Verdict) => Promise<void>,
  ) => steps.run(step, ask(step, what, call, names), land);

  const updates = (beat: number) =>
    Promise.all(
      directedPairs(cast).map(({ sourceId, targetId }) =>
        run(
          stepName.stateUpdate(sourceId, targetId, beat),
          'state update',
          { name: 'state_update', beat, sourceId, targetId },
          `${nameOf(cast, sourceId)} → ${nameOf(cast, targetId)}`,
        ),
      ),
    ).then(() => {});

  async function remember(beat: number, scored: boolean): Promise<void> {
    await steps.run(stepName.memory(beat), () => writeMemory({ turnId: cast.turnId, beat, sceneId: cast.sceneId }));
    if (scored) await run(stepName.significance(beat), 'significance', { name: 'significance', beat });
  }

  async function summarize(sceneId: string): Promise<void> {
    const summaries = witnesses(cast).map(({ id, name }) =>
      run(stepName.sceneSummary(id), 'scene summary', { name: 'scene_summary', povId: id, sceneId }, name),
    );
    await Promise.all(summaries);
  }

  return {
    parse: () => run(stepName.parse, 'parse', { name: 'turn_parse' }),
    afterBeat(beat, { updatesAfter, scored }) {
      const updated = updatesAfter ? updatesAfter.then(() => updates(beat)) : updates(beat);
      return { updates: updated, all: Promise.all([updated, remember(beat, scored)]).then(() => {}) };
    },
    async afterReply(calls) {
      await Promise.all(calls.map((call) => run(call.name, call.name.replaceAll('_', ' '), call)));
    },
    sceneClose: (sceneId, beats) =>
      run(stepName.sceneClose, 'scene close', { name: 'scene_close', sceneId }, undefined, async (verdict) => {
        if (!verdict.shouldClose) return;
        await beats;
        const { closed } = await CancellationScope.nonCancellable(() => closeScene({ turnId: cast.turnId, sceneId }));
        if (closed) await summarize(sceneId);
      }),
  };
}

const nameOf = (cast: Cast, id: string) => witnesses(cast).find((person) => person.id === id)?.name ?? id;
