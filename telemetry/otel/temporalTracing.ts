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

/** What starts and signals turns is traced; queries and descriptions are not, which everyone who looks asks for. */
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

/** A worker whose workflows and activities are traced. Prebuilt bundles hold the workflows' part themselves. */
export function temporalWorkerTracing(processor: SpanProcessor, resource: Resource): NonNullable<Tracing['worker']> {
  return {
    interceptors: {
      activity: [(context) => ({ inbound: new OpenTelemetryActivityInboundInterceptor(context) })],
      workflowModules: workflowTracingModules(),
    },
    sinks: { exporter: makeWorkflowExporter(processor, resource) },
  };
}
