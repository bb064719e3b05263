import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../../activities/index.js';

const { reconcileTurns } = proxyActivities<Activities>({
  summary: 'turns without a workflow',
  startToCloseTimeout: '60 s',
  heartbeatTimeout: '10 s',
  retry: { initialInterval: '1 s', maximumAttempts: 3 },
});

/** Run by the Schedule: finds turns whose workflow never started, was terminated or is gone. */
export async function reconcile(): Promise<{ looked: number; started: number; closed: number }> {
  return reconcileTurns();
}
