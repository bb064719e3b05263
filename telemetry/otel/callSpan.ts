import { type Attributes, SpanKind, SpanStatusCode, type Tracer } from '@opentelemetry/api';
import type { CallSpan, TracedCall } from '../tracing.js';

/** The form of a model's name. Owners choose models, so other text is not put into a span. */
const modelForm = /^[\w.:/@-]{1,100}$/;

/** The span of a model call, by OpenTelemetry's conventions for generative AI, without the fields that hold prose. */
export function startCallSpan(tracer: Tracer, call: TracedCall, ids: Attributes): CallSpan {
  const span = tracer.startSpan(modelForm.test(call.model) ? `chat ${call.model}` : 'chat', {
    kind: SpanKind.CLIENT,
    attributes: {
      ...ids,
      'gen_ai.operation.name': 'chat',
      'gen_ai.request.model': call.model,
      'durable_turns.purpose': call.purpose,
      'durable_turns.step': call.step,
      'durable_turns.attempt': call.attempt,
    },
  });
  return {
    firstDelta: () => void span.addEvent('first_token'),
    ended({ code, reason, model, inputTokens, outputTokens }) {
      span.setAttributes({
        ...(reason ? { 'gen_ai.response.finish_reasons': [reason] } : {}),
        ...(model ? { 'gen_ai.response.model': model } : {}),
        ...(inputTokens === undefined ? {} : { 'gen_ai.usage.input_tokens': inputTokens }),
        ...(outputTokens === undefined ? {} : { 'gen_ai.usage.output_tokens': outputTokens }),
        ...(code ? { 'error.type': code } : {}),
      });
      if (code) span.setStatus({ code: SpanStatusCode.ERROR, message: code });
      span.end();
    },
  };
}
