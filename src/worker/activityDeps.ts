import type { Client } from '@temporalio/client';
import { createCheckpointer } from '../activities/checkpointer.js';
import type { ActivityDeps } from '../activities/index.js';
import { createProviderOf } from '../activities/providerOf.js';
import type { ReconciledWorkflows } from '../activities/reconcileTurns.js';
import type { Config } from '../config.js';
import type { Pool } from '../db/pool.js';
import { createTurnEngine, type TurnEngine } from '../engine/turnEngine.js';
import { createChatCompletions } from '../llm/chatCompletions.js';
import { createClassifierCalls } from '../llm/classifierCalls.js';
import { countTokens } from '../llm/tokenizer.js';
import type { ToolRegistry } from '../llm/tools/registry.js';
import type { Log } from '../log.js';
import type { Wire } from '../viewers/wire.js';

const OPENAI_URL = 'https://api.openai.com/v1';

type Live = { pool: Pool; wire: Wire; log: Log; client: Client; tools: ToolRegistry };

/** What the activities are built from, as configured. */
export function activityDeps(config: Config, { pool, wire, log, client, tools }: Live): ActivityDeps {
  const upstream = { baseUrl: config.OPENAI_BASE_URL ?? OPENAI_URL, apiKey: config.OPENAI_API_KEY };
  const provider = createChatCompletions(upstream);
  return {
    pool,
    wire,
    log,
    provider,
    tools,
    providerOf: createProviderOf({
      pool,
      sealingKey: config.PROVIDER_ENCRYPTION_KEY ?? null,
      server: provider,
      model: config.NARRATIVE_MODEL,
      connect: createChatCompletions,
    }),
    classifierCalls: createClassifierCalls(upstream),
    checkpointer: createCheckpointer(pool, (err) =>
      log.warn({ err }, 'checkpoints could not be written; trying again'),
    ),
    workflows: reconcilersView(createTurnEngine({ client, taskQueue: config.TASK_QUEUE })),
    model: config.NARRATIVE_MODEL,
    classifierModel: config.CLASSIFIER_MODEL,
    silenceMs: config.REPLY_SILENCE_MS,
    retry: { attempts: config.REPLY_ATTEMPTS, initialMs: config.STUCK_RETRY_INITIAL_MS },
    classifierRetry: { attempts: config.STUCK_AFTER_ATTEMPTS, initialMs: config.STUCK_RETRY_INITIAL_MS },
    prompt: { soft: config.PROMPT_SOFT_TOKENS, hard: config.PROMPT_HARD_TOKENS, countTokens },
  };
}

const RECONCILE_DEADLINE = { deadlineMs: 2_000 };

const reconcilersView = (engine: TurnEngine): ReconciledWorkflows => ({
  start: (turn) => engine.start(turn, RECONCILE_DEADLINE),
  approve: (turnId, decision) => engine.approve(turnId, decision, RECONCILE_DEADLINE),
  describe: (turnId) => engine.describe(turnId, RECONCILE_DEADLINE),
});
