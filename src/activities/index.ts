import type { Pool } from '../db/pool.js';
import type { TurnWorkflows } from '../db/reconcileTurn.js';
import type { PromptLimits } from '../domain/prompt.js';
import type { ClassifierCalls } from '../llm/classifierCalls.js';
import type { ReplyProvider } from '../llm/port.js';
import type { Wire } from '../viewers/wire.js';
import type { Checkpointer } from './checkpointer.js';
import { createClassify } from './classify.js';
import { createCloseReply } from './closeReply.js';
import { createCloseScene } from './closeScene.js';
import type { RetryRule } from './failure.js';
import { createFinishTurn } from './finishTurn.js';
import { createGuessAddressee } from './guessAddressee.js';
import { createOpenTurn } from './openTurn.js';
import { createOperatorActivities } from './operator.js';
import { createReconcileTurns } from './reconcileTurns.js';
import { createStreamReply } from './streamReply.js';
import { createScenePovs, createSummarizeScene } from './summarizeScene.js';
import { createWriteMemory } from './writeMemory.js';

export type ActivityDeps = {
  pool: Pool;
  provider: ReplyProvider;
  wire: Wire;
  checkpointer: Checkpointer;
  workflows: TurnWorkflows;
  model: string;
  silenceMs: number;
  retry: RetryRule;
  classifierCalls: ClassifierCalls;
  classifierModel: string;
  classifierRetry: RetryRule;
  prompt: PromptLimits;
  log: { warn(fields: object, message: string): void };
};

/** Every activity, by the name that workflows call it by. */
export function createActivities(deps: ActivityDeps) {
  return {
    openTurn: createOpenTurn(deps),
    streamReply: createStreamReply(deps),
    closeReply: createCloseReply(deps),
    classify: createClassify(deps),
    guessAddressee: createGuessAddressee(deps),
    writeMemory: createWriteMemory(deps),
    closeScene: createCloseScene(deps),
    finishTurn: createFinishTurn(deps),
    scenePovs: createScenePovs(deps),
    summarizeScene: createSummarizeScene(deps),
    ...createOperatorActivities(deps),
    reconcileTurns: createReconcileTurns(deps),
  };
}

export type Activities = ReturnType<typeof createActivities>;
