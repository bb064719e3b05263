import { setTimeout as delay } from 'node:timers/promises';
import { context, propagation, SpanKind, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import type { Log } from '../log/log.js';
import type { ServedRequest, TracedIds, Tracing } from '../tracing.js';
import { startCallSpan } from './callSpan.js';
import { createOutageLoggingExporter } from './outageLoggingExporter.js';
import { createSpanFilter } from './spanFilter.js';
import { temporalClientTracing, temporalWorkerTracing } from './temporalTracing.js';

/**
 * Exports traces to the collector of the standard OTEL_… variables, which the SDK reads itself: endpoint, headers,
 * timeouts, sampler, limits, service name. Spans wait in a queue of bounded length: a collector that is away or hangs
 * loses spans and has no other effect.
 */
export function startTracing({ process, log }: { process: 'api' | 'worker'; log: Log }): Tracing {
  const resource = defaultResource()
    .merge(resourceFromAttributes({ 'service.name': `durable-turns-${process}`, 'durable_turns.process': process }))
    .merge(detectResources({ detectors: [envDetector] }));
  const processor = createSpanFilter(new BatchSpanProcessor(createOutageLoggingExporter(new OTLPTraceExporter(), log)));
  const provider = new NodeTracerProvider({ resource, spanProcessors: [processor] });
  // Only the trace is taken from a client's headers: `baggage` and `tracestate` may contain any text.
  provider.register({ propagator: new W3CTraceContextPropagator() });
  const tracer = provider.getTracer('durable-turns');
  return {
    fields: currentFields,
    current: currentTrace,
    within: (given, work) => (given ? context.with(contextOf(given), work) : work()),
    serve: (request, work) => serve(tracer, request, work),
    annotate: (ids) => void trace.getActiveSpan()?.setAttributes(idAttributes(ids)),
    call: (call) => startCallSpan(tracer, call, idAttributes(call)),
    client: temporalClientTracing(),
    worker: temporalWorkerTracing(processor, resource),
    close(withinMs) {
      const failed = (err: unknown) => log.warn({ err }, 'the last traces were not exported');
      const done = provider.shutdown().catch(failed);
      return Promise.race([done.then(() => 'closed' as const), delay(withinMs, 'late' as const, { ref: false })]);
    },
  };
}

const contextOf = (traceparent: string) => propagation.extract(context.active(), { traceparent });

function currentTrace(): string | null {
  const carrier: { traceparent?: string } = {};
  propagation.inject(context.active(), carrier);
  return carrier.traceparent ?? null;
}

function currentFields(): Record<string, string> {
  const at = trace.getActiveSpan()?.spanContext();
  return at ? { trace_id: at.traceId, span_id: at.spanId } : {};
}

const idAttributes = ({ turnId, chatId }: TracedIds) => ({
  ...(turnId ? { 'durable_turns.turn_id': turnId } : {}),
  ...(chatId ? { 'durable_turns.chat_id': chatId } : {}),
});

function serve(tracer: Tracer, request: ServedRequest, work: () => Promise<void>): Promise<void> {
  const { method, route, headers } = request;
  const parent = contextOf(String(headers.traceparent ?? ''));
  const attributes = { 'http.request.method': method, 'http.route': route };
  return tracer.startActiveSpan(`${method} ${route}`, { kind: SpanKind.SERVER, attributes }, parent, async (span) => {
    try {
      await work();
      const status = request.status();
      span.setAttribute('http.response.status_code', status);
      if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
    } catch (error) {
      const { code, status } = error as { code?: unknown; status?: unknown };
      const isRefusal = typeof status === 'number' && status < 500;
      if (typeof status === 'number') span.setAttribute('http.response.status_code', status);
      span.setAttribute('error.type', typeof code === 'string' ? code : 'internal');
      if (!isRefusal) span.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      span.end();
    }
  });
}
