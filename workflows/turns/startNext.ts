import { ParentClosePolicy, startChild, workflowInfo } from '@temporalio/workflow';
import { TURN_WORKFLOW } from '../../domain/turns/engine.js';
import { type StartTurn, turnStart } from '../../domain/turns/workflowStart.js';
import { startTurn } from '../activities.js';

/**
 * Starts the turn that got the floor, as an abandoned child. Already started is success. A child of a turn that is pinned
 * to a build would be pinned to the same build, so an activity starts it through a client instead, on the current build.
 */
export async function startNext(next: StartTurn): Promise<void> {
  if (workflowInfo().currentDeploymentVersion?.deploymentName) return startTurn(next);
  try {
    await startChild(TURN_WORKFLOW, {
      ...turnStart(next),
      args: [{ turnId: next.turnId, chatId: next.chatId, ...(next.trace ? { trace: next.trace } : {}) }],
      parentClosePolicy: ParentClosePolicy.ABANDON,
    });
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'WorkflowExecutionAlreadyStartedError') throw error;
  }
}
