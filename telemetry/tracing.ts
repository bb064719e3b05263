import type { WorkflowClientInterceptor } from '@temporalio/client';
import type { WorkerOptions } from '@temporalio/worker';
import type { Log } from './log/log.js';

/** A request that is served; `headers` may hold a W3C `traceparent`, which is then the parent. */
export type ServedRequest = {
  method: string;
  route: string;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Read when the request has ended. */
  status: () => number;
};

export type TracedIds = { turnId?: string | null; chatId?: string | null };

export type TracedCall = TracedIds & { model: string; purpose: string; step: string; attempt: number };

export type CallSpan = {
  firstDelta(): void;
  ended(end: {
    code: string | null;
    reason?: string | undefined;
    model?: string | undefined;
    inputTokens?: number | undefined;
    outputTokens?: number | undefined;
  }): void;
};

/** The port of tracing. A trace is passed on as a W3C `traceparent`. */
export type Tracing = {
  /** The ids of the current trace and span, for log lines. */
  fields(): Record<string, string>;
  /** The traceparent of the current work; null when it is not traced. */
  current(): string | null;
  /** Runs work as a part of the trace, or of the current one when none is given. */
  within<T>(trace: string | null | undefined, work: () => T): T;
  serve(request: ServedRequest, work: () => Promise<void>): Promise<void>;
  /** Adds the ids of turn and chat to the current span. */
  annotate(ids: TracedIds): void;
  call(call: TracedCall): CallSpan;
  /** Interceptors for the Temporal client, and for workflows and activities. */
  client?: WorkflowClientInterceptor[];
  worker?: Required<Pick<WorkerOptions, 'interceptors' | 'sinks'>>;
  /** Exports the remaining spans. `late`: that took longer than `withinMs`, and a request is still open. */
  close(withinMs: number): Promise<'closed' | 'late'>;
};

/** The file of the bundle with traced workflows, beside the plain bundle. */
export const tracedBundle = (bundle: string): string => bundle.replace(/(\.js)?$/, '.traced.js');

const noSpan: CallSpan = { firstDelta() {}, ended() {} };

/** Tracing without a collector: does nothing and loads no module of OpenTelemetry. */
export const noTracing: Tracing = {
  fields: () => ({}),
  current: () => null,
  within: (_trace, work) => work(),
  serve: (_request, work) => work(),
  annotate() {},
  call: () => noSpan,
  close: () => Promise.resolve('closed'),
};

/** Starts tracing if an endpoint is configured. */
export async function openTracing(options: {
  endpoint: string | undefined;
  process: 'api' | 'worker';
  log: Log;
}): Promise<Tracing> {
  if (!options.endpoint) return noTracing;
  const { startTracing } = await import('./otel/startTracing.js');
  return startTracing(options);
}
