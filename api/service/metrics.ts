import type { RequestHandler } from 'express';
import { Counter, Histogram } from 'prom-client';
import { createRegistry, type Metrics } from '../../telemetry/registry.js';
import { createWallClock } from '../../viewers/core/wallClock.js';
import type { Feeds } from '../../viewers/gateway/feeds.js';
import type { TurnStarter } from '../turns/turnStarter.js';

export type ApiMetrics = Metrics & {
  /** Measures every request by its route. The path would make a time series for each id. */
  timeRequests: RequestHandler;
  turnAccepted(kind: string, created: boolean): void;
  startFailed(): void;
  chatsExpired(count: number): void;
  /** Observes the delivery of tokens that a worker read at this time, by its wall clock. */
  tokensDelivered(readAt: number): void;
};

export function createMetrics(): ApiMetrics {
  const metrics = createRegistry();
  const registers = [metrics.registry];
  const accepted = new Counter({
    name: 'turns_accepted_total',
    help: 'Turns answered with 202 or 200, by kind; repeats of an Idempotency-Key apart',
    labelNames: ['kind', 'repeat'],
    registers,
  });
  const startFailures = new Counter({
    name: 'turn_start_failures_total',
    help: 'Attempts to start a workflow that the engine did not take',
    registers,
  });
  const expired = new Counter({
    name: 'chats_expired_total',
    help: 'Chats that were deleted because they had no activity for RETENTION_DAYS',
    registers,
  });
  return {
    ...metrics,
    timeRequests: requestTimer(metrics),
    turnAccepted: (kind, created) => accepted.inc({ kind, repeat: created ? 'no' : 'yes' }),
    startFailed: () => startFailures.inc(),
    chatsExpired: (count) => expired.inc(count),
    tokensDelivered: deliveryTimer(metrics),
  };
}

function requestTimer({ registry }: Metrics): RequestHandler {
  const durations = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'How long answers took, streams excepted',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 30],
    registers: [registry],
  });
  return (request, response, next) => {
    const begun = performance.now();
    response.once('finish', () => {
      if (String(response.getHeader('content-type') ?? '').startsWith('text/event-stream')) return;
      const route = String(response.locals.route ?? 'none');
      durations.observe(
        { method: request.method, route, status: response.statusCode },
        (performance.now() - begun) / 1_000,
      );
    });
    next();
  };
}

/** Observes one latency for each chat and tick, that of the oldest token. Ignores negative ones: two clocks differ. */
function deliveryTimer({ registry }: Metrics): ApiMetrics['tokensDelivered'] {
  const latency = new Histogram({
    name: 'gateway_token_latency_seconds',
    help: 'From a token being read in the worker to its being handed to the sinks of its viewers',
    buckets: [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 5],
    registers: [registry],
  });
  const now = createWallClock();
  return (readAt) => {
    const seconds = (now() - readAt) / 1_000;
    if (seconds >= 0) latency.observe(seconds);
  };
}

/** Gauges and counters of the gateway and of turns that wait for their start. */
export function watchFeeds(metrics: Metrics, feeds: Pick<Feeds, 'stats'>, starter: Pick<TurnStarter, 'waiting'>): void {
  const { watch } = metrics;
  watch('gateway_viewers', 'Viewers of chats, on sockets and streams', () => feeds.stats().viewers);
  watch('gateway_feeds', 'Chats that are served to viewers', () => feeds.stats().feeds);
  watch('gateway_bytes_behind', 'What viewers have not taken yet', () => feeds.stats().bytesBehind);
  watch('gateway_workers', 'Workers on the wire', () => feeds.stats().connectedWorkers);
  watch('gateway_tokens_relayed_total', 'Tokens that came over the wire', () => feeds.stats().tokensRelayed);
  watch('gateway_gaps_filled_total', 'Gaps filled from checkpoints', () => feeds.stats().gapsFilled);
  watch('gateway_slow_viewers_total', 'Viewers that were too slow and were sent away', () => feeds.stats().slowClosed);
  watch('turns_waiting_for_engine', 'Accepted turns whose workflow is yet to be started', starter.waiting);
}
