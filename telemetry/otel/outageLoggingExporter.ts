import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import type { SpanExporter } from '@opentelemetry/sdk-trace-base';
import type { Log } from '../log/log.js';

/** Logs once when exports begin to fail and once when they succeed again. Spans that fail to export are dropped. */
export function createOutageLoggingExporter(exporter: SpanExporter, log: Log): SpanExporter {
  let failing = false;
  const logChange = ({ code, error }: ExportResult) => {
    const failed = code !== ExportResultCode.SUCCESS;
    if (failed && !failing) log.warn({ err: error }, 'traces can not be exported; they are dropped');
    if (!failed && failing) log.info({}, 'traces are exported again');
    failing = failed;
  };
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        logChange(result);
        done({ code: ExportResultCode.SUCCESS });
      }),
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
    shutdown: () => exporter.shutdown(),
  };
}
