import type { WorkflowClientInterceptor } from '@temporalio/client';
import type { WorkerOptions } from '@temporalio/worker';
import type { Log } from './log/log.js';

/** A request that is served; `headers` may hold a W3C `traceparent`, which is then the parent. */
export type ServedRequest = {
  method: string;
  route: string;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Asked when it is over. */
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

/** Traces as the rest of the service knows them. A trace is handed on as a W3C `traceparent`. */
export type Tracing = {
  /** What a log line says of where it belongs. */
  fields(): Record<string, string>;
  /** The traceparent of what runs now; null when nothing of it is traced. */
  current(): string | null;
  /** Runs work as a part of the trace; where none is given, of what runs now. */
  within<T>(trace: string | null | undefined, work: () => T): T;
  serve(request: ServedRequest, work: () => Promise<void>): Promise<void>;
  /** Says of what runs now which turn and chat it is for. */
  annotate(ids: TracedIds): void;
  call(call: TracedCall): CallSpan;
  /** What traces the calls of a Temporal client, workflows and activities. */
  client?: WorkflowClientInterceptor[];
  worker?: Required<Pick<WorkerOptions, 'interceptors' | 'sinks'>>;
  /** Sends what is not sent yet. `late`: not within so many milliseconds, and a request of it is still open. */
  close(withinMs: number): Promise<'closed' | 'late'>;
};

/** Where the bundle of workflows that are traced stands, beside that of those that are not. */
export const tracedBundle = (bundle: string): string => bundle.replace(/(\.js)?$/, '.traced.js');

const noSpan: CallSpan = { firstDelta() {}, ended() {} };

/** Without a collector nothing is traced, loaded or patched. */
export const noTracing: Tracing = {
  fields: () => ({}),
  current: () => null,
  within: (_trace, work) => work(),
  serve: (_request, work) => work(),
  annotate() {},
  call: () => noSpan,
  close: () => Promise.resolve('closed'),
};

/** Traces to the collector at the endpoint, if one is configured. */
export async function openTracing(options: {
  endpoint: string | undefined;
  process: 'api' | 'worker';
  log: Log;
}): Promise<Tracing> {
  if (!options.endpoint) return noTracing;
  const { startTracing } = await import('./otel/startTracing.js');
  return startTracing(options);
}
