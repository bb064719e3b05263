import { Context } from '@temporalio/activity';
import type { Pool } from '../db/pool.js';
import { appendSummary, isSummarized, type SummaryKey } from '../db/summarizeScene.js';
import { readSceneContext } from '../db/turnContext.js';
import { classifiers } from '../domain/classifiers/index.js';
import { TurnFailure } from '../domain/failures.js';
import { witnesses } from '../domain/participants.js';
import { stepName } from '../domain/stepName.js';
import { askClassifier, type ClassifierAsk } from './askClassifier.js';
import { toApplicationFailure } from './failure.js';
import { whileDatabaseAway } from './whileDatabaseAway.js';

export type SummarizeSceneDeps = ClassifierAsk & { pool: Pool };

/** Who has a point of view on a scene: the host, and the guest if there is one. */
export function createScenePovs(deps: { pool: Pool }) {
  return async ({ chatId, sceneId }: { chatId: string; sceneId: string }): Promise<{ id: string; name: string }[]> => {
    const context = await readSceneContext(deps.pool, chatId, sceneId);
    return context ? witnesses(context).map(({ id, name }) => ({ id, name })) : [];
  };
}

/** Summarizes, from one point of view, a scene that was closed by hand. */
export function createSummarizeScene(deps: SummarizeSceneDeps) {
  return async (key: SummaryKey): Promise<void> => {
    const { cancellationSignal, info } = Context.current();
    if (await isSummarized(deps.pool, key)) return;
    const context = await readSceneContext(deps.pool, key.chatId, key.sceneId);
    if (!context) return;
    const call = { name: 'scene_summary', povId: key.povId, sceneId: key.sceneId } as const;
    const asked = { context, call, turnId: null, step: stepName.sceneSummary(key.povId), attempt: info.attempt };
    try {
      const answer = await askClassifier(deps, asked, cancellationSignal);
      await whileDatabaseAway(() =>
        appendSummary(deps.pool, key, (state) => classifiers.scene_summary.events(context, call, answer, state)),
      );
    } catch (error) {
      if (!(error instanceof TurnFailure)) throw error;
      throw toApplicationFailure(error, info.attempt, deps.classifierRetry);
    }
  };
}
