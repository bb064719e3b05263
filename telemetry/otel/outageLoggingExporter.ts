import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import type { SpanExporter } from '@opentelemetry/sdk-trace-base';
import type { Log } from '../log/log.js';

/** Says once that the collector takes nothing, and once that it does again: spans are lost meanwhile, turns are not. */
export function createOutageLoggingExporter(exporter: SpanExporter, log: Log): SpanExporter {
  let failing = false;
  const note = ({ code, error }: ExportResult) => {
    const failed = code !== ExportResultCode.SUCCESS;
    if (failed && !failing) log.warn({ err: error }, 'traces can not be exported; turns go on without');
    if (!failed && failing) log.info({}, 'traces are exported again');
    failing = failed;
  };
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        note(result);
        done({ code: ExportResultCode.SUCCESS });
      }),
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
    shutdown: () => exporter.shutdown(),
  };
}
