import type { Pool } from '../db/pool.js';
import type { PromptLimits } from '../domain/prompt.js';
import type { ClassifierCalls } from '../llm/classifierCalls.js';
import type { ReplyProvider } from '../llm/port.js';
import type { Upstream } from '../llm/relay/upstream.js';
import type { ToolRegistry } from '../llm/tools/registry.js';
import type { Wire } from '../viewers/wire.js';
import { createApprovalActivities } from './approvals.js';
import type { Checkpointer } from './checkpointer.js';
import { createClassify } from './classify.js';
import { createCloseReply } from './closeReply.js';
import { createCloseScene } from './closeScene.js';
import type { Fallback } from './course.js';
import type { RetryRule } from './failure.js';
import { createFinishTurn } from './finishTurn.js';
import { createGuessAddressee } from './guessAddressee.js';
import { createFailCall, createLandAgent } from './landAgent.js';
import { createOfferedTools } from './offeredTools.js';
import { createOpenTurn } from './openTurn.js';
import { createOperatorActivities } from './operator.js';
import { createProposeChanges } from './proposeChanges.js';
import type { ProviderOf } from './providerOf.js';
import { createReconcileTurns, type ReconciledWorkflows } from './reconcileTurns.js';
import { createRunTool } from './runTool.js';
import { createStartTurn } from './startTurn.js';
import { createStreamIteration } from './streamIteration.js';
import { createStreaming } from './streaming.js';
import { createStreamReply } from './streamReply.js';
import { createSubagentActivities } from './subagents.js';
import { createScenePovs, createSummarizeScene } from './summarizeScene.js';
import type { Telemetry } from './telemetry.js';
import { createWriteMemory } from './writeMemory.js';

export type ActivityDeps = {
  pool: Pool;
  provider: ReplyProvider;
  wire: Wire;
  checkpointer: Checkpointer;
  workflows: ReconciledWorkflows;
  model: string;
  silenceMs: number;
  limitMs: number;
  retry: RetryRule;
  classifierCalls: ClassifierCalls;
  classifierModel: string;
  classifierRetry: RetryRule;
  prompt: PromptLimits;
  providerOf: ProviderOf;
  upstream: Upstream | null;
  fallback: Fallback | undefined;
  tools: ToolRegistry;
  telemetry: Telemetry;
  /** This worker runs no streams: others do. */
  streamsApart: boolean;
};

/** Every activity, by the name that workflows call it by. */
export function createActivities(deps: ActivityDeps) {
  const stream = createStreaming(deps);
  const offeredTools = createOfferedTools(deps);
  return {
    openTurn: createOpenTurn(deps),
    streamReply: createStreamReply(deps, stream),
    closeReply: createCloseReply(deps),
    streamIteration: createStreamIteration({ ...deps, offeredTools }, stream),
    runTool: createRunTool(deps),
    landAgent: createLandAgent(deps),
    failCall: createFailCall(deps),
    ...createApprovalActivities(deps),
    ...createSubagentActivities({ ...deps, offeredTools }),
    classify: createClassify(deps),
    guessAddressee: createGuessAddressee(deps),
    writeMemory: createWriteMemory(deps),
    proposeChanges: createProposeChanges(deps),
    closeScene: createCloseScene(deps),
    finishTurn: createFinishTurn(deps),
    scenePovs: createScenePovs(deps),
    summarizeScene: createSummarizeScene(deps),
    ...createOperatorActivities(deps),
    reconcileTurns: createReconcileTurns(deps),
    startTurn: createStartTurn(deps),
  };
}

export type Activities = ReturnType<typeof createActivities>;
