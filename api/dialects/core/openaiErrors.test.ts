import { expect, test } from '@jest/globals';
import { Problem, type ProblemCode } from '../../http/problem.js';
import { answerOf } from './openaiErrors.js';

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
