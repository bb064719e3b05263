import { proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { Activities } from '../../activities/index.js';
import { classifierQueue, summary } from '../../domain/turns/engine.js';
import { scenePovs } from '../activities.js';

/** Summarizes a manually closed scene from each point of view. A summary that fails leaves the earlier one in place. */
export async function summarizeScene(scene: { chatId: string; sceneId: string }): Promise<{ failed: number }> {
  const povs = await scenePovs(scene);
  const results = await Promise.allSettled(povs.map(({ id, name }) => summarize(name)({ ...scene, povId: id })));
  return { failed: results.filter((result) => result.status === 'rejected').length };
}

const summarize = (name: string) =>
  proxyActivities<Activities>({
    taskQueue: classifierQueue(workflowInfo().taskQueue),
    summary: summary('scene summary', name),
    startToCloseTimeout: '5 m',
    heartbeatTimeout: '3 s',
    retry: { initialInterval: '500 ms', maximumInterval: '30 s' },
  }).summarizeScene;
