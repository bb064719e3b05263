import { sleep } from '@temporalio/workflow';
import { type TurnInput, type TurnOutcome, turn as wholeTurn } from '../../../workflows/turn.js';

export { subagent } from '../../../workflows/agents/subagents.js';
export { summarizeScene } from '../../../workflows/narrative/summarizeScene.js';
export { reconcile } from '../../../workflows/turns/reconcile.js';

/** Written over in the bundle, for one worker each: `workflowBundles.ts`. */
const broken = { turnId: '__BROKEN_TURN__', how: '__BROKEN_HOW__' };

/** The workflow of a turn as a bad deployment has it: it can't run one turn, and runs all others. */
export async function turn(input: TurnInput): Promise<TurnOutcome> {
  if (input.turnId === broken.turnId && broken.how === 'throws') throw new Error('a mistake in the code');
  // A command that no history has.
  if (input.turnId === broken.turnId && broken.how === 'differs') await sleep('1 h');
  return wholeTurn(input);
}
