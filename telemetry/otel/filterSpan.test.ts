import { beforeEach, describe, expect, test } from '@jest/globals';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { createSpanFilter } from './spanFilter.js';

const prose = 'What did you say to the keeper, and why?';
const exporter = new InMemorySpanExporter();
const provider = new BasicTracerProvider({
  resource: resourceFromAttributes({ 'service.name': 'test' }),
  spanProcessors: [createSpanFilter(new SimpleSpanProcessor(exporter))],
});
const tracer = provider.getTracer('test');

beforeEach(() => exporter.reset());
const exported = () => {
  const [span] = exporter.getFinishedSpans();
  if (!span) throw new Error('nothing was exported');
  return span;
};

describe('an exported span', () => {
  test('has its ids and numbers and no other attribute', () => {
    const attributes = {
      temporalWorkflowId: 'turn_01-a/call_1',
      'http.route': '/v1/chats/:chatId',
      'gen_ai.request.model': prose,
      'gen_ai.usage.input_tokens': 7,
      memo: prose,
    };
    tracer.startSpan('RunActivity:x', { kind: SpanKind.SERVER, attributes }).end();
    expect(exported().attributes).toEqual({
      temporalWorkflowId: 'turn_01-a/call_1',
      'durable_turns.turn_id': 'turn_01-a',
      'http.route': '/v1/chats/:chatId',
      'gen_ai.usage.input_tokens': 7,
    });
    expect(exported().kind).toBe(SpanKind.SERVER);
  });

  test('keeps the code of an error without its message and its stack', () => {
    const span = tracer.startSpan('RunActivity:x');
    span.recordException(new SyntaxError(`Unexpected token in "${prose}"`));
    span.setStatus({ code: SpanStatusCode.ERROR, message: prose });
    span.end();
    expect(exported().status).toEqual({ code: SpanStatusCode.ERROR });
    expect(exported().events.map(({ name, attributes }) => ({ name, attributes }))).toEqual([
      { name: 'exception', attributes: { 'exception.type': 'SyntaxError' } },
    ]);
    exporter.reset();
    const coded = tracer.startSpan('RunActivity:x');
    coded.setStatus({ code: SpanStatusCode.ERROR, message: 'provider_silent' });
    coded.end();
    expect(exported().attributes).toEqual({ 'error.type': 'provider_silent' });
  });

  test('has no name that contains text of a user', () => {
    tracer.startSpan(`chat ${prose}`).end();
    expect(exported().name).toBe('unnamed');
  });

  test('is none of a query', () => {
    tracer.startSpan('HandleQuery:turnStatus').end();
    expect(exporter.getFinishedSpans()).toEqual([]);
  });
});
