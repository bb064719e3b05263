import type { Pool } from '../db/core/pool.js';
import type { StartDelivery } from '../db/webhooks/startDeliveries.js';
import type { PromptLimits } from '../domain/narrative/prompt.js';
import type { ClassifierCalls } from '../llm/chatCompletions/classifierCalls.js';
import type { ReplyProvider } from '../llm/port.js';
import type { Upstream } from '../llm/relay/upstream.js';
import type { ToolRegistry } from '../llm/tools/registry.js';
import type { Wire } from '../viewers/wire/wire.js';
import { createApprovalActivities } from './agents/approvals.js';
import { createFailCall, createLandAgent } from './agents/landAgent.js';
import { createOfferedTools } from './agents/offeredTools.js';
import { createRunTool } from './agents/runTool.js';
import { createStreamIteration } from './agents/streamIteration.js';
import { createSubagentActivities } from './agents/subagents.js';
import { createProposeChanges } from './documents/proposeChanges.js';
import type { RetryRule } from './failure.js';
import { createClassify } from './narrative/classify.js';
import { createCloseScene } from './narrative/closeScene.js';
import { createGuessAddressee } from './narrative/guessAddressee.js';
import { createImpersonate } from './narrative/impersonate.js';
import { createScenePovs, createSummarizeScene } from './narrative/summarizeScene.js';
import { createWriteMemory } from './narrative/writeMemory.js';
import { createStreamStep } from './streaming/attempt.js';
import type { Checkpointer } from './streaming/checkpointer.js';
import { createCloseReply } from './streaming/closeReply.js';
import type { ProviderOf } from './streaming/providerOf.js';
import type { Fallback } from './streaming/streamedStep.js';
import { createStreamReply } from './streaming/streamReply.js';
import type { Telemetry } from './telemetry.js';
import { createFinishTurn } from './turns/finishTurn.js';
import { createOpenTurn } from './turns/openTurn.js';
import { createOperatorActivities } from './turns/operator.js';
import { createReconcileTurns, type ReconciledWorkflows } from './turns/reconcileTurns.js';
import { createStartTurn } from './turns/startTurn.js';
import { createTitleChat } from './turns/titleChat.js';
import { createGiveUpWebhook, createSendWebhook, type WebhookDeps } from './webhooks/sendWebhook.js';

export type ActivityDeps = Pick<WebhookDeps, 'webhooks'> & {
  pool: Pool;
  provider: ReplyProvider;
  wire: Wire;
  checkpointer: Checkpointer;
  workflows: ReconciledWorkflows;
  startDelivery: StartDelivery;
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
  /** Chats without a title are named after their first exchange. */
  titlesChats: boolean;
};

/** Every activity, by the name that workflows call it by. */
export function createActivities(deps: ActivityDeps) {
  const streamStep = createStreamStep(deps);
  const offeredTools = createOfferedTools(deps);
  return {
    openTurn: createOpenTurn(deps),
    streamReply: createStreamReply(deps, streamStep),
    closeReply: createCloseReply(deps),
    streamIteration: createStreamIteration({ ...deps, offeredTools }, streamStep),
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
    titleChat: createTitleChat(deps),
    impersonate: createImpersonate(deps),
    sendWebhook: createSendWebhook(deps),
    giveUpWebhook: createGiveUpWebhook(deps),
  };
}

export type Activities = ReturnType<typeof createActivities>;
