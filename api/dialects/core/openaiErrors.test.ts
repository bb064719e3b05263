import { expect, test } from '@jest/globals';
import { Problem, type ProblemCode } from '../../http/problem.js';
import { readCompletionRequest } from '../chatCompletions/completionRequest.js';
import { readResponseRequest } from '../responses/responseRequest.js';
import { answerOf, type OpenAiRefused } from './openaiErrors.js';

test.each<ProblemCode>(['chat_full', 'limit_reached', 'not_last_turn', 'idempotency_mismatch'])(
  'a conflict that stays is not tried again by clients: %s',
  (code) => {
    expect(answerOf(new Problem(code))).toEqual({ status: 409, headers: { 'x-should-retry': 'false' } });
  },
);

test('a full queue is answered as too many requests, which clients try again', () => {
  const { status, headers } = answerOf(new Problem('queue_full'));
  expect(status).toBe(429);
  expect(headers).toEqual({ 'Retry-After': expect.stringMatching(/^\d+$/) });
});

test.each<ProblemCode>(['turn_in_progress', 'rate_limited', 'not_ready', 'internal'])(
  'what may be over soon is tried again by clients: %s',
  (code) => {
    expect(answerOf(new Problem(code)).headers).toEqual({});
  },
);

function refusal(read: () => unknown): OpenAiRefused['error'] {
  try {
    read();
  } catch (error) {
    return (error as OpenAiRefused).error;
  }
  throw new Error('the body was taken');
}

const hello = [{ role: 'user', content: 'Hello?' }];

test.each<[code: string, param: string | null, body: unknown]>([
  ['missing_required_parameter', 'model', { messages: hello }],
  ['missing_required_parameter', 'messages', { model: 'm' }],
  ['invalid_value', 'messages.0.content.0.type', { model: 'm', messages: [{ role: 'user', content: [{}] }] }],
  ['invalid_type', 'model', { model: 3, messages: hello }],
  ['invalid_type', null, 'Hello?'],
  ['invalid_value', 'messages.0.role', { model: 'm', messages: [{ role: 'narrator', content: 'Hello?' }] }],
  ['invalid_value', 'messages', { model: 'm', messages: [] }],
  ['invalid_value', 'temperature', { model: 'm', messages: hello, temperature: 3 }],
  [
    'invalid_value',
    'tools.0.function.name',
    { model: 'm', messages: hello, tools: [{ type: 'function', function: {} }] },
  ],
])('a request for a completion is refused with %s of %s', (code, param, body) => {
  const error = refusal(() => readCompletionRequest(body));
  expect(error).toMatchObject({ type: 'invalid_request_error', code, param });
  if (param) expect(error.message.startsWith(`${param}: `)).toBe(true);
});

test.each<[code: string, param: string | null, body: unknown]>([
  ['missing_required_parameter', 'input', { model: 'm' }],
  ['missing_required_parameter', 'conversation.id', { model: 'm', input: 'Hello?', conversation: {} }],
  ['invalid_type', null, []],
  ['invalid_value', 'temperature', { model: 'm', input: 'Hello?', temperature: 3 }],
])('a request for a response is refused with %s of %s', (code, param, body) => {
  expect(refusal(() => readResponseRequest(body))).toMatchObject({ type: 'invalid_request_error', code, param });
});
