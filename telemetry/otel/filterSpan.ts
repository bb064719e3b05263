import type { Attributes, AttributeValue } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';

/**
 * The attributes that a span may have, each with the form of its value. All others are dropped: libraries put whole
 * messages, stacks and memos into spans, which may contain prose.
 */
const id = /^[\w:>/.-]{1,300}$/;
const word = /^[\w.:/@-]{1,100}$/;
const allowed: Record<string, RegExp> = {
  'http.request.method': /^[A-Z]{1,10}$/,
  'http.route': /^[\w/:.-]{1,200}$/,
  'http.response.status_code': /^\d{3}$/,
  'error.type': word,
  'gen_ai.operation.name': word,
  'gen_ai.request.model': word,
  'gen_ai.response.model': word,
  'gen_ai.response.finish_reasons': word,
  'gen_ai.usage.input_tokens': /^\d+$/,
  'gen_ai.usage.output_tokens': /^\d+$/,
  'durable_turns.turn_id': id,
  'durable_turns.chat_id': id,
  'durable_turns.step': id,
  'durable_turns.attempt': /^\d+$/,
  'durable_turns.purpose': word,
  temporalWorkflowId: id,
  temporalActivityId: id,
  run_id: id,
  workflowType: word,
  taskQueue: id,
};

const nameForm = /^[\w.:/@ -]{1,200}$/;

/** The form of a failure's code. */
const code = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;

const fits = (value: AttributeValue | undefined, form: RegExp): boolean =>
  value !== undefined && [value].flat().every((item) => form.test(String(item)));

function filterAttributes(given: Attributes): Attributes {
  // Spans of workflows use other names than those of activities.
  const { workflowId, runId, ...rest } = given;
  const all: Attributes = {
    ...rest,
    ...(workflowId === undefined ? {} : { temporalWorkflowId: workflowId }),
    ...(runId === undefined ? {} : { run_id: runId }),
  };
  const turnId = /^(turn_[\w-]+)(\/|$)/.exec(String(all.temporalWorkflowId ?? ''))?.[1];
  if (turnId) all['durable_turns.turn_id'] ??= turnId;
  return Object.fromEntries(
    Object.entries(allowed).flatMap(([name, form]) => (fits(all[name], form) ? [[name, all[name]]] : [])),
  );
}

/** The chat's id, from the search attributes of the workflow. */
function chatOf({ searchAttributes }: Attributes): Attributes {
  // The interceptor stores the object as it is, which the type of attributes does not allow for.
  const found: unknown = searchAttributes;
  const ids = typeof found === 'object' && found !== null && 'ChatId' in found ? found.ChatId : undefined;
  const chatId = Array.isArray(ids) ? ids[0] : undefined;
  return typeof chatId === 'string' && id.test(chatId) ? { 'durable_turns.chat_id': chatId } : {};
}

/** The span with its names, times, ids, numbers and codes only: everything else could be prose. */
export function filterSpan(span: ReadableSpan): ReadableSpan {
  const { message = '' } = span.status;
  const failed = code.test(message) ? { 'error.type': message } : {};
  return {
    name: nameForm.test(span.name) ? span.name : 'unnamed',
    kind: span.kind,
    spanContext: () => span.spanContext(),
    ...(span.parentSpanContext ? { parentSpanContext: span.parentSpanContext } : {}),
    startTime: span.startTime,
    endTime: span.endTime,
    duration: span.duration,
    ended: span.ended,
    status: { code: span.status.code, ...(code.test(message) ? { message } : {}) },
    attributes: { ...chatOf(span.attributes), ...failed, ...filterAttributes(span.attributes) },
    links: span.links.map(({ context }) => ({ context })),
    events: span.events.map(({ name, time, attributes }) => ({ name, time, attributes: filterEvent(attributes) })),
    resource: span.resource,
    instrumentationScope: span.instrumentationScope,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

function filterEvent(attributes: Attributes = {}): Attributes {
  const type = String(attributes['exception.type'] ?? '');
  return code.test(type) ? { 'exception.type': type } : {};
}
