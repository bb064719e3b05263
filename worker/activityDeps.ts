import type { Client } from '@temporalio/client';
import type { ActivityDeps } from '../activities/index.js';
import { type Checkpointer, createCheckpointer } from '../activities/streaming/checkpointer.js';
import { createProviderOf } from '../activities/streaming/providerOf.js';
import type { Fallback } from '../activities/streaming/streamedStep.js';
import type { Telemetry } from '../activities/telemetry.js';
import type { ReconciledWorkflows } from '../activities/turns/reconcileTurns.js';
import type { Config } from '../config.js';
import type { Pool } from '../db/core/pool.js';
import { apiOf, apiOfStored } from '../domain/providers/apiOf.js';
import { defaultProviderUrls } from '../domain/providers/defaultUrls.js';
import type { ProviderFact } from '../domain/providers/providerFact.js';
import { createStartDelivery } from '../engine/deliveries.js';
import type { ConnectedNamespace } from '../engine/namespace.js';
import { createTurnEngine, reconcilerCalls, type TurnEngine } from '../engine/turnEngine.js';
import { findPatterns } from '../lib/linearPatterns.js';
import { createToolAnswers } from '../llm/anthropic/toolAnswer.js';
import { createClassifierCalls } from '../llm/chatCompletions/classifierCalls.js';
import { createStoredProvider } from '../llm/http/storedProvider.js';
import { profileOf } from '../llm/profiles/profiles.js';
import { createUpstream } from '../llm/relay/upstream.js';
import { createReplyPort, factsUrl } from '../llm/replyPorts.js';
import { countTokens } from '../llm/tokenizer.js';
import type { ToolRegistry } from '../llm/tools/registry.js';
import type { Log } from '../telemetry/log/log.js';
import type { Tracing } from '../telemetry/tracing.js';
import type { Wire } from '../viewers/wire/wire.js';
import { createProviderFacts, type FactEvent, type ProviderFacts } from './providerFacts.js';

type Live = {
  pool: Pool;
  wire: Wire;
  log: Log;
  client: Client;
  namespace: ConnectedNamespace;
  tools: ToolRegistry;
  telemetry: Telemetry;
  tracing: Tracing;
  onCheckpoint: { failed: () => void; written: (seconds: number) => void };
  onFact(event: FactEvent, fact: ProviderFact): void;
};

/** What the activities are built from, as configured. */
export function activityDeps(config: Config, live: Live): ActivityDeps {
  const { pool, wire, log, client, namespace, tools, telemetry } = live;
  const providerFacts = createProviderFacts(live);
  const { provider, classifierCalls } = serverOf(config, providerFacts, log);
  const fallback = fallbackOf(config, providerFacts, log);
  return {
    pool,
    wire,
    telemetry,
    provider,
    tools,
    fallback,
    upstream: config.UPSTREAM_BASE_URL
      ? createUpstream({
          baseUrl: config.UPSTREAM_BASE_URL,
          token: config.UPSTREAM_TOKEN,
          jwtSecret: config.UPSTREAM_JWT_SECRET,
          totalMs: config.UPSTREAM_TURN_LIMIT_MS,
        })
      : null,
    providerOf: createProviderOf({
      pool,
      sealingKey: config.PROVIDER_ENCRYPTION_KEY ?? null,
      server: provider,
      model: config.NARRATIVE_MODEL,
      fallback,
      connect: (stored) => {
        const baseUrl = factsUrl(apiOfStored(stored), stored.baseUrl);
        const facts = providerFacts.of({ providerId: stored.id, baseUrl });
        return createStoredProvider(stored, config.ALLOWED_PROVIDER_HOSTS, { facts, log });
      },
    }),
    classifierCalls,
    checkpointer: checkpointerOf(live),
    webhooks: {
      sealingKey: config.PROVIDER_ENCRYPTION_KEY ?? null,
      allowedHosts: config.ALLOWED_PROVIDER_HOSTS,
    },
    startDelivery: createStartDelivery({ client, taskQueue: config.TASK_QUEUE }),
    workflows: reconciledWorkflows(
      createTurnEngine({ client, taskQueue: config.TASK_QUEUE, inTrace: live.tracing.within }),
      namespace,
    ),
    titlesChats: config.CHAT_TITLES === 'on',
    streamsApart: !config.WORKER_ROLES.includes('streams'),
    model: config.NARRATIVE_MODEL,
    classifierModel: config.CLASSIFIER_MODEL,
    silenceMs: config.REPLY_SILENCE_MS,
    limitMs: config.REPLY_LIMIT_MS,
    retry: { attempts: config.REPLY_ATTEMPTS, initialMs: config.STUCK_RETRY_INITIAL_MS },
    classifierRetry: { attempts: config.STUCK_AFTER_ATTEMPTS, initialMs: config.STUCK_RETRY_INITIAL_MS },
    prompt: { soft: config.PROMPT_SOFT_TOKENS, hard: config.PROMPT_HARD_TOKENS, countTokens, findPatterns },
  };
}

/** The configured provider, by the API that it speaks. */
function serverOf(
  config: Config,
  providerFacts: ProviderFacts,
  log: Log,
): Pick<ActivityDeps, 'provider' | 'classifierCalls'> {
  const { PROVIDER_API: api, OPENAI_BASE_URL, OPENAI_API_KEY: apiKey, PROVIDER_CONTINUATION: continuation } = config;
  const { PROVIDER_PROFILE: profile } = config;
  const server = { baseUrl: OPENAI_BASE_URL ?? defaultProviderUrls[api], apiKey };
  const facts = providerFacts.of({ providerId: null, baseUrl: factsUrl(api, server.baseUrl) });
  const provider = createReplyPort({ ...server, api, profile, continuation, facts, log });
  switch (api) {
    case 'chat':
    case 'responses': {
      const known = { profile: profileOf(profile, server.baseUrl), facts, log };
      return { provider, classifierCalls: createClassifierCalls({ ...server, ...known }) };
    }
    case 'anthropic':
      return { provider, classifierCalls: createToolAnswers({ ...server, facts }) };
  }
}

function checkpointerOf({ pool, log, onCheckpoint: { failed, written } }: Live): Checkpointer {
  const onError = (err: unknown) => {
    failed();
    log.warn({ err }, 'checkpoints could not be written; trying again');
  };
  return createCheckpointer(pool, onError, written);
}

/** The provider that is asked when the attempts of the first one have run out, if one is configured. */
function fallbackOf(config: Config, providerFacts: ProviderFacts, log: Log): Fallback | undefined {
  const { FALLBACK_BASE_URL: baseUrl, FALLBACK_API_KEY: apiKey, FALLBACK_PROFILE: profile } = config;
  if (!baseUrl) return undefined;
  const api = apiOf({ api: config.FALLBACK_API ?? null, profile, baseUrl });
  const facts = providerFacts.of({ providerId: null, baseUrl: factsUrl(api, baseUrl) });
  const provider = createReplyPort({ baseUrl, apiKey, api, profile, facts, log });
  return { provider, model: config.FALLBACK_MODEL ?? config.NARRATIVE_MODEL };
}

const RECONCILE_DEADLINE = { deadlineMs: 2_000 };

const reconciledWorkflows = (engine: TurnEngine, namespace: ConnectedNamespace): ReconciledWorkflows => ({
  namespace: namespace.read,
  knownNamespace: namespace.known,
  start: (turn) => engine.start(turn, RECONCILE_DEADLINE),
  approve: (turnId, decision) => engine.approve(turnId, decision, RECONCILE_DEADLINE),
  ...reconcilerCalls(engine, RECONCILE_DEADLINE),
});
