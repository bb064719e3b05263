import type { SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { filterSpan } from './filterSpan.js';

/** Spans that are not exported: each look at a turn makes one of them. */
const unwanted = /^(HandleQuery|ValidateUpdate):/;

/** Passes each span to the next processor with its allowed contents only. */
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
