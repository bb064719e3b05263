import type { SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { filterSpan } from './filterSpan.js';

/** Looked at every time somebody opens a turn: they would bury everything else. */
const unwanted = /^(HandleQuery|ValidateUpdate):/;

/** Lets nothing on to the exporter but what a span may say. */
export function createSpanFilter(next: SpanProcessor): SpanProcessor {
  return {
    onStart: (span, context) => next.onStart(span, context),
    onEnd(span) {
      if (!unwanted.test(span.name)) next.onEnd(filterSpan(span));
    },
    forceFlush: () => next.forceFlush(),
    shutdown: () => next.shutdown(),
  };
}
