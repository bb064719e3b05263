import type { Pool } from '../../db/core/pool.js';
import { appendSummary, isSummarized, type SummaryKey } from '../../db/narrative/summarizeScene.js';
import { readSceneContext } from '../../db/narrative/turnContext.js';
import { classifiers } from '../../domain/classifiers/index.js';
import { witnesses } from '../../domain/narrative/participants.js';
import { stepName } from '../../domain/turns/stepName.js';
import { asOwnAttempt, type OwnAttempt } from '../ownAttempt.js';
import { retryWhileDatabaseAway } from '../retryWhileDatabaseAway.js';
import { askClassifier, type ClassifierAsk } from './askClassifier.js';

export type SummarizeSceneDeps = ClassifierAsk & { pool: Pool };

/** Who has a point of view on a scene: the host, and the guest if there is one. */
export function createScenePovs(deps: { pool: Pool }) {
  return async ({ chatId, sceneId }: { chatId: string; sceneId: string }): Promise<{ id: string; name: string }[]> => {
    const context = await readSceneContext(deps.pool, chatId, sceneId);
    return context ? witnesses(context).map(({ id, name }) => ({ id, name })) : [];
  };
}

/** Summarizes a manually closed scene from one point of view. */
export function createSummarizeScene(deps: SummarizeSceneDeps) {
  return (key: SummaryKey): Promise<void> =>
    asOwnAttempt(deps.classifierRetry, (attempt) => summarize(deps, key, attempt));
}

async function summarize(deps: SummarizeSceneDeps, key: SummaryKey, { attempt, signal }: OwnAttempt): Promise<void> {
  if (await isSummarized(deps.pool, key)) return;
  const context = await readSceneContext(deps.pool, key.chatId, key.sceneId);
  if (!context) return;
  const call = { name: 'scene_summary', povId: key.povId, sceneId: key.sceneId } as const;
  const step = stepName.sceneSummary(key.povId);
  const { answer } = await askClassifier(deps, { context, call, turnId: null, step, attempt }, signal);
  await retryWhileDatabaseAway(() =>
    appendSummary(deps.pool, key, (state) => classifiers.scene_summary.events(context, call, answer, state)),
  );
}
