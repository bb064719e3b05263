import { describe, expect, test } from '@jest/globals';
import { TurnFailure } from '../../domain/log/failures.js';
import { parseChunk } from './completionFrames.js';

const codeOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    if (error instanceof TurnFailure) return error.code;
  }
  return 'no failure';
};

describe('a frame', () => {
  test.each([
    ['choices', `{"choices":[${'{},'.repeat(200)}{}]}`],
    ['fragments of calls', `{"choices":[{"delta":{"tool_calls":[${'{},'.repeat(200)}{}]}}]}`],
  ])('with too many %s breaks the stream', (_, frame) => {
    expect(codeOf(() => parseChunk(frame))).toBe('stream_broken');
  });

  test.each(['', '{', '"text"', 'null', '7', '[]x', '{"choices":{}}', '{"choices":[{"delta":{"content":5}}]}'])(
    'that is no chunk breaks the stream: %s',
    (frame) => {
      expect(codeOf(() => parseChunk(frame))).toBe('stream_broken');
    },
  );

  test.each(['{}', '{"choices":[]}', '{"choices":null,"error":null}', '{"choices":[{"delta":null}],"new":1}'])(
    'may lack optional fields: %s',
    (frame) => {
      expect(codeOf(() => parseChunk(frame))).toBe('no failure');
    },
  );

  test.each([
    [{ message: 'x', code: 'rate_limit_exceeded' }, 'provider_rate_limited'],
    [{ message: 'x', type: 'insufficient_quota', code: null }, 'provider_quota'],
    [{ message: 'x', type: 'server_error' }, 'provider_error'],
    [{ message: 'x', code: 'model_not_found', type: 'invalid_request_error' }, 'model_not_found'],
    [{ message: 'x', type: 'invalid_request_error' }, 'provider_refused'],
    [{ message: 'x', code: 'context_length_exceeded' }, 'context_too_long'],
    [{ code: 502, message: 'x' }, 'provider_error'],
    [{ code: '429', message: 'x' }, 'provider_rate_limited'],
    [{ code: 401 }, 'provider_unauthorized'],
    ['overloaded', 'provider_error'],
    [true, 'provider_error'],
  ])('with the error %j fails with the code for that error', (error, code) => {
    expect(codeOf(() => parseChunk(JSON.stringify({ error })))).toBe(code);
  });
});
