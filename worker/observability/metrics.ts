import { Counter, Histogram } from 'prom-client';
import { attemptStarts, type CallPurpose } from '../../activities/telemetry.js';
import type { Config } from '../../config.js';
import { factKinds } from '../../domain/providers/providerFact.js';
import { chatKind } from '../../domain/turns/turn.js';
import type { Metrics } from '../../telemetry/registry.js';

const seconds = [0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 120, 300];

/** The metrics of a worker: attempts, model calls, checkpoints. No label holds an id or text that a user chose. */
export function createWorkerMetrics(
  { registry, watch }: Metrics,
  config: Pick<Config, 'STREAM_CONCURRENCY' | 'CLASSIFIER_CONCURRENCY'>,
) {
  const registers = [registry];
  const counter = <L extends string>(name: string, help: string, labelNames: L[]) =>
    new Counter({ name, help, labelNames, registers });
  const histogram = <L extends string>(name: string, help: string, labelNames: L[], buckets: number[]) =>
    new Histogram({ name, help, labelNames, buckets, registers });
  const inFlight: Record<CallPurpose, number> = {
    reply: 0,
    iteration: 0,
    subagent: 0,
    impersonation: 0,
    classifier: 0,
  };
  const deltas = { count: 0 };

  watch('reply_streams', "Replies and agents' iterations that stream now", () => inFlight.reply + inFlight.iteration);
  watch('reply_streams_max', 'How many of them this worker runs at most', () => config.STREAM_CONCURRENCY);
  watch('classifier_calls', 'Classifier calls that wait for their answer', () => inFlight.classifier);
  watch('classifier_calls_max', 'How many of them this worker makes at once', () => config.CLASSIFIER_CONCURRENCY);
  watch('reply_deltas_total', 'Pieces of replies that were read from providers and sent on', () => deltas.count);

  const starts = counter('reply_attempts_begun_total', 'Attempts at replies, by how they began', ['kind', 'how']);
  const takeovers = counter('reply_takeovers_total', 'Attempts that took over from one lost with its worker', ['kind']);
  // Prometheus misses the first increment of a counter that did not exist before it.
  for (const kind of chatKind.options) {
    takeovers.inc({ kind }, 0);
    for (const how of attemptStarts) starts.inc({ kind, how }, 0);
  }

  const providerFacts = counter('provider_facts_total', 'Facts about providers, learnt or forgotten, by kind', [
    'event',
    'kind',
  ]);
  for (const kind of factKinds) providerFacts.inc({ event: 'learned', kind }, 0);

  const deliveries = counter(
    'webhook_deliveries_total',
    'Attempts to deliver events to webhooks, and deliveries given up',
    ['outcome'],
  );
  for (const outcome of ['delivered', 'failed', 'webhook_gone', 'given_up']) deliveries.inc({ outcome }, 0);

  return {
    inFlight,
    deltas,
    attempts: counter('reply_attempts_total', 'Attempts at replies, by how they ended', ['kind', 'outcome', 'code']),
    starts,
    takeovers,
    firstToken: histogram(
      'turn_first_token_seconds',
      'Until the first token of a turn, since it was accepted and since it got the floor',
      ['kind', 'since'],
      seconds,
    ),
    callFirstToken: histogram(
      'model_call_first_token_seconds',
      'From a request to the first piece of its answer',
      ['call'],
      seconds,
    ),
    callSeconds: histogram('model_call_duration_seconds', 'From a request to its end', ['call'], seconds),
    classifierAttempts: counter('classifier_attempts_total', 'Calls of classifiers, by how they ended', [
      'classifier',
      'outcome',
      'code',
    ]),
    tokens: counter('model_tokens_total', 'Tokens as providers count them', ['call', 'direction']),
    checkpointSeconds: histogram(
      'checkpoint_write_seconds',
      'Statements that keep the text of all streams of this worker',
      [],
      [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
    ),
    providerFacts,
    deliveries,
    checkpointFailures: counter('checkpoint_write_failures_total', 'Checkpoints that Postgres did not take', []),
  };
}

export type WorkerMetrics = ReturnType<typeof createWorkerMetrics>;
