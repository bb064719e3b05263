import type { Resource } from '@opentelemetry/resources';
import type { SpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { WorkflowClientInterceptor } from '@temporalio/client';
import { OpenTelemetryWorkflowClientInterceptor } from '@temporalio/interceptors-opentelemetry-v2/lib/client/index.js';
import {
  makeWorkflowExporter,
  OpenTelemetryActivityInboundInterceptor,
} from '@temporalio/interceptors-opentelemetry-v2/lib/worker/index.js';
import type { Tracing } from '../tracing.js';
import { workflowTracingModules } from './workflowModules.js';

/** Traces starts and signals. Queries and descriptions are not traced: each look at a turn makes them. */
export function temporalClientTracing(): WorkflowClientInterceptor[] {
  const traced = new OpenTelemetryWorkflowClientInterceptor();
  return [
    {
      start: (input, next) => traced.start(input, next),
      startWithDetails: (input, next) => traced.startWithDetails(input, next),
      signal: (input, next) => traced.signal(input, next),
    },
  ];
}

/** Interceptors and sinks that trace workflows and activities. A prebuilt bundle contains the workflows' part. */
export function temporalWorkerTracing(processor: SpanProcessor, resource: Resource): NonNullable<Tracing['worker']> {
  return {
    interceptors: {
      activity: [(context) => ({ inbound: new OpenTelemetryActivityInboundInterceptor(context) })],
      workflowModules: workflowTracingModules(),
    },
    sinks: { exporter: makeWorkflowExporter(processor, resource) },
  };
}
