import type { StartTurn } from '../../domain/turns/workflowStart.js';
import type { ReconciledWorkflows } from './reconcileTurns.js';

/** Starts the workflow of a turn that got the floor. Already started is success. */
export function createStartTurn({ workflows }: { workflows: Pick<ReconciledWorkflows, 'start'> }) {
  return async (turn: StartTurn): Promise<void> => {
    await workflows.start(turn);
  };
}
