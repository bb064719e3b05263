import type {
  AttemptEnd,
  CallEnd,
  DeliveryEnd,
  ModelCall,
  ReplyAttempt,
  Telemetry,
} from '../../activities/telemetry.js';
import type { DeliveryKey } from '../../domain/webhooks/delivery.js';
import type { Log } from '../../telemetry/log/log.js';
import type { CallSpan, Tracing } from '../../telemetry/tracing.js';
import type { WorkerMetrics } from './metrics.js';

const NO_CODE = 'none';

/** Counts, logs and traces what activities report. */
export function createTelemetry(
  metrics: WorkerMetrics,
  log: Log,
  tracing: Tracing,
  reconciler: Pick<Telemetry, 'passEnded' | 'notReconciled' | 'notTrimmed'>,
): Telemetry {
  return {
    ...reconciler,
    calls(call) {
      const span = tracing.call(call);
      tracing.annotate(call);
      return watchCall(metrics, log, call, span);
    },
    firstToken(kind, { sinceAccepted, sinceStarted }) {
      metrics.firstToken.observe({ kind, since: 'accepted' }, sinceAccepted);
      metrics.firstToken.observe({ kind, since: 'started' }, sinceStarted);
    },
    attemptBegan(attempt, how, lost) {
      const { kind } = attempt;
      metrics.starts.inc({ kind, how });
      // An adopted stream was still running in this worker: nothing was lost.
      if (!lost || how === 'adopted') return;
      metrics.takeovers.inc({ kind });
      log.warn({ ...attempt, how }, 'an attempt at a reply was lost with its worker; another one takes over');
    },
    attemptEnded: (attempt, end) => attemptEnded(metrics, log, attempt, end),
    deliveryEnded: (key, end) => deliveryEnded(metrics, log, key, end),
    deliveriesExpired(count) {
      metrics.deliveries.inc({ outcome: 'given_up' }, count);
      log.warn({ count }, 'deliveries to webhooks were given up: they were open for more than a day');
    },
    deliveriesNotStarted(err) {
      log.warn({ err }, 'deliveries to webhooks could not be started; the next pass tries again');
    },
  };
}

function attemptEnded(metrics: WorkerMetrics, log: Log, attempt: ReplyAttempt, end: AttemptEnd): void {
  const { kind } = attempt;
  const { outcome } = end;
  metrics.attempts.inc({ kind, outcome, code: end.outcome === 'failed' ? end.code : NO_CODE });
  if (end.outcome === 'failed')
    log.warn({ ...attempt, code: end.code, err: end.cause }, 'an attempt at a reply failed');
  else log.debug({ ...attempt, outcome }, 'an attempt at a reply ended');
}

function deliveryEnded(metrics: WorkerMetrics, log: Log, key: DeliveryKey, end: DeliveryEnd): void {
  const { outcome } = end;
  metrics.deliveries.inc({ outcome });
  switch (outcome) {
    case 'delivered':
      log.debug(key, 'an event was delivered to a webhook');
      break;
    case 'failed':
      log.info({ ...key, status: end.status, err: end.cause }, 'an event could not be delivered to a webhook');
      break;
    case 'webhook_gone':
      log.warn(key, 'a webhook was deleted: its receiver answered 410');
      break;
    case 'given_up':
      log.warn(key, 'a delivery to a webhook was given up: it failed for a day');
  }
}

/** For each delta it only increments a counter. */
function watchCall(metrics: WorkerMetrics, log: Log, call: ModelCall, span: CallSpan) {
  const { purpose } = call;
  const begunAt = performance.now();
  const seconds = () => (performance.now() - begunAt) / 1_000;
  const isStream = purpose === 'reply' || purpose === 'iteration';
  let hasFirstDelta = false;
  metrics.inFlight[purpose] += 1;
  return {
    delta() {
      if (isStream) metrics.deltas.count += 1;
      if (hasFirstDelta) return;
      hasFirstDelta = true;
      metrics.callFirstToken.observe({ call: purpose }, seconds());
      span.firstDelta();
    },
    ended(end: CallEnd) {
      metrics.inFlight[purpose] -= 1;
      metrics.callSeconds.observe({ call: purpose }, seconds());
      countTokens(metrics, call, end);
      if (call.purpose === 'classifier') classifierEnded(metrics, log, call, end);
      if (call.purpose === 'subagent') subagentEnded(log, call, end);
      span.ended({
        code: end.code ?? null,
        reason: end.reason,
        model: end.usage?.modelId,
        inputTokens: end.usage?.promptTokens,
        outputTokens: end.usage?.completionTokens,
      });
    },
  };
}

function countTokens({ tokens }: WorkerMetrics, { purpose }: ModelCall, { usage }: CallEnd): void {
  if (!usage) return;
  tokens.inc({ call: purpose, direction: 'prompt' }, usage.promptTokens);
  tokens.inc({ call: purpose, direction: 'completion' }, usage.completionTokens);
}

function classifierEnded(metrics: WorkerMetrics, log: Log, call: ModelCall, { outcome, code, cause }: CallEnd): void {
  const { classifier = 'none', turnId, chatId, step, attempt } = call;
  metrics.classifierAttempts.inc({ classifier, outcome, code: code ?? NO_CODE });
  if (outcome === 'failed')
    log.info({ turnId, chatId, step, attempt, classifier, code, err: cause }, 'a classifier failed');
}

function subagentEnded(log: Log, { turnId, step, attempt }: ModelCall, { outcome, code, cause }: CallEnd): void {
  if (outcome === 'failed') log.warn({ turnId, step, attempt, code, err: cause }, 'a call of a sub-agent failed');
}
