import { createServer, type Server } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Config } from '../config.js';
import type { Db } from '../db/core/pool.js';
import { hintAtLocalChats } from '../db/owners/localChats.js';
import { onOutboxGrew } from '../db/webhooks/outbox.js';
import { createOutbox } from '../db/webhooks/startDeliveries.js';
import { defaultProviderUrls } from '../domain/providers/defaultUrls.js';
import { createStartDelivery } from '../engine/deliveries.js';
import { createImpersonate } from '../engine/impersonate.js';
import { createConnectedNamespace } from '../engine/namespace.js';
import { createTurnEngine } from '../engine/turnEngine.js';
import { hostInUrl, listen } from '../lib/listen.js';
import { serveMetrics, serveWithRetry } from '../telemetry/metricsServer.js';
import { noTracing, type Tracing } from '../telemetry/tracing.js';
import { createApp } from './app.js';
import { type OpenAuth, openAuth } from './auth/openAuth.js';
import { type ApiConfig, type Backends, connectBackends } from './backends.js';
import { startRetention } from './chats/retention.js';
import { answerBrokenRequests } from './http/brokenRequests.js';
import { warnOfWeakSettings } from './http/weakSettings.js';
import { watchResponses } from './limits/openResponses.js';
import { limitUnreadResponses } from './limits/unreadResponses.js';
import { createViewerPlaces } from './limits/viewerPlaces.js';
import { attachLiveSocket } from './live/liveSocket.js';
import { type ApiMetrics, createMetrics, watchFeeds } from './service/metrics.js';
import { observeBackends } from './service/observe.js';
import { createProbes } from './service/probes.js';
import { createReadiness, type Readiness } from './service/readiness.js';
import { stopServing } from './shutdown.js';
import { createReconcileTurn } from './turns/reconcileTurn.js';
import { createShowTurn } from './turns/turnResource.js';
import { createTurnStarter } from './turns/turnStarter.js';
import { createTurnStatuses } from './turns/turnStatuses.js';
import { createCancelTurn, createTurnStopper } from './turns/turnStopper.js';

export type RunningApi = {
  url: string;
  /**
   * Stops listening, closes viewers, gives requests at most `graceMs` to end, then closes all connections. Resolves at
   * most a few seconds later, also when a backend hangs.
   */
  close(graceMs?: number): Promise<void>;
};

const usualGraceMs = 4_000;
const disconnectWithinMs = 1_000;

/** Assembles the api and listens. When it can't listen, it closes everything and throws. */
export async function startApi(config: ApiConfig, log: Logger, tracing: Tracing = noTracing): Promise<RunningApi> {
  warnOfWeakSettings(config, log);
  const access = await openAuth(config, log);
  const server = createServer({ requestTimeout: 30_000, headersTimeout: 10_000, keepAliveTimeout: 65_000 });
  const metrics = createMetrics();
  const interceptors = tracing.client ? { workflow: tracing.client } : {};
  const backends = await connectBackends(config, server, { log, interceptors, onDelivered: metrics.tokensDelivered });
  observeBackends(config, metrics, backends, log);
  if (access.auth.keyed) void warnOfLocalChats(backends.pool, access.owners, log);
  const scraped = serveOwnMetrics(config, metrics, log);
  const stop = serve(server, config, { ...backends, ...access }, { log, metrics, tracing });
  const close = async (graceMs = usualGraceMs) => {
    await stop(graceMs);
    access.close();
    await scraped?.close();
    await backends.disconnect(disconnectWithinMs);
  };
  try {
    const port = await listen(server, { host: config.HOST, port: config.PORT });
    return { url: `http://${hostInUrl(config.HOST)}:${port}`, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Milliseconds between the attempts at the hint: Postgres may be away at the start. */
const hintAgainMs = [0, 5_000, 30_000];

async function warnOfLocalChats(db: Db, owners: readonly string[], log: Logger): Promise<void> {
  for (const pauseMs of hintAgainMs) {
    await setTimeout(pauseMs, undefined, { ref: false });
    const hint = await hintAtLocalChats(db, owners).catch(() => undefined);
    if (hint) log.warn(hint);
    if (hint !== undefined) return;
  }
}

/** The server that answers where a chat names no provider. */
const modelServerOf = ({ PROVIDER_API: api, OPENAI_BASE_URL, OPENAI_API_KEY, NARRATIVE_MODEL }: ApiConfig) => ({
  baseUrl: OPENAI_BASE_URL ?? defaultProviderUrls[api],
  apiKey: OPENAI_API_KEY,
  api: api === 'anthropic' ? ('anthropic' as const) : ('openai' as const),
  defaultModel: NARRATIVE_MODEL,
});

/** Serves the metrics on a port of their own, with METRICS_PORT. */
function serveOwnMetrics({ HOST: host, METRICS_PORT: port }: ApiConfig, metrics: ApiMetrics, log: Logger) {
  if (port === undefined) return null;
  const serve = () => serveMetrics(metrics, { host, port, coreMetrics: null }, log);
  return serveWithRetry(serve, { log, setting: 'METRICS_PORT' });
}

type Observed = { log: Logger; metrics: ApiMetrics; tracing: Tracing };

/** Handles the server's requests and upgrades. Returns the function that stops it. */
function serve(
  server: Server,
  config: ApiConfig,
  backends: Backends & Pick<OpenAuth, 'auth' | 'tokens'>,
  observed: Observed,
): (graceMs: number) => Promise<void> {
  const { log, metrics, tracing } = observed;
  const { pool, hub, feeds, listen, temporal, auth, tokens } = backends;
  const { requests, wrongKeys } = backends.requestLimits;
  const { client } = temporal;
  const engine = createTurnEngine({ client, taskQueue: config.TASK_QUEUE, inTrace: tracing.within });
  const namespace = createConnectedNamespace(client);
  const starter = createTurnStarter({ db: pool, engine, namespace, log, onFailed: metrics.startFailed });
  const outbox = createOutbox(pool, createStartDelivery({ client, taskQueue: config.TASK_QUEUE }), (err) =>
    log.warn({ err }, 'deliveries to webhooks could not be started; the reconciler starts them'),
  );
  onOutboxGrew(pool, outbox.grew);
  const reconcileTurn = createReconcileTurn({ pool, engine, starter, namespace, log, model: config.NARRATIVE_MODEL });
  const stopTurn = createTurnStopper({ hub, engine, reconcileTurn, log });
  const places = createViewerPlaces(config.VIEWERS_PER_OWNER);
  const closing = new AbortController();
  const responses = watchResponses(server);
  const ready = createReadiness(createProbes({ pool, client, namespace, taskQueue: config.TASK_QUEUE, hub }));
  let stopping = false;
  const app = createApp({
    closing: closing.signal,
    pool,
    relays: config.UPSTREAM_BASE_URL !== undefined,
    replyAttempts: config.REPLY_ATTEMPTS,
    pageDir: config.PAGE_DIR,
    sealingKey: config.PROVIDER_ENCRYPTION_KEY ?? null,
    limits: {
      chats: config.CHATS_PER_OWNER,
      characters: config.CHARACTERS_PER_OWNER,
      documents: config.DOCUMENTS_PER_OWNER,
      providers: config.PROVIDERS_PER_OWNER,
      attachments: config.ATTACHMENTS_PER_OWNER,
      webhooks: config.WEBHOOKS_PER_OWNER,
      attachmentBytes: config.ATTACHMENT_BYTES_PER_OWNER,
      storyEvents: config.STORY_EVENTS_PER_CHAT,
      storedBytes: config.STORED_BYTES_PER_OWNER,
    },
    turnLimits: {
      turns: config.TURNS_PER_OWNER,
      queuedTurns: config.QUEUED_TURNS_PER_OWNER,
      storedBytes: config.STORED_BYTES_PER_OWNER,
    },
    // Most of a request's time is its statements.
    requestsAtOnce: config.DATABASE_POOL,
    allowedProviderHosts: config.ALLOWED_PROVIDER_HOSTS,
    modelServer: modelServerOf(config),
    auth,
    tokens,
    allowedOrigins: config.ALLOWED_ORIGINS,
    requests,
    conversationHeaders: config.CONVERSATION_HEADERS,
    wrongKeys,
    places,
    starter,
    stopTurn,
    chatPurge: backends.chatPurge,
    engine,
    impersonate: createImpersonate({ client, taskQueue: config.TASK_QUEUE }),
    namespace,
    reconcileTurn,
    feeds,
    show: createShowTurn({ engine, onLost: reconcileTurn, temporalUi: temporalUi(config) }),
    onTurnStatus: createTurnStatuses(listen),
    readiness: () => (stopping ? Promise.resolve(isStopping) : ready()),
    metrics,
    hasMetricsPort: config.METRICS_PORT !== undefined,
    tracing,
    log,
  });
  const retention = startRetention({
    pool,
    days: config.RETENTION_DAYS,
    log,
    onDeleted(count) {
      metrics.chatsExpired(count);
      backends.chatPurge.start();
    },
  });
  limitUnreadResponses(server, app, log);
  answerBrokenRequests(server);
  watchFeeds(metrics, feeds, starter);
  const liveSocket = attachLiveSocket(server, {
    feeds,
    auth,
    places,
    wrongKeys,
    log,
    cancelTurn: createCancelTurn({ pool, stopTurn }),
  });
  const endUpgraded = async () => {
    await liveSocket.close();
    await hub.close();
  };
  return async (graceMs) => {
    stopping = true;
    await stopServing({ server, responses, feeds, closing, endUpgraded }, graceMs);
    // Last, because turns that are accepted during the shutdown need their workflows started.
    starter.close();
    await Promise.all([outbox.close(), retention.close()]);
  };
}

const isStopping: Readiness = { ready: false, checks: { api: 'is stopping' } };

const temporalUi = ({ TEMPORAL_UI_URL: url, TEMPORAL_NAMESPACE: namespace }: Config) =>
  url ? { url, namespace } : null;
