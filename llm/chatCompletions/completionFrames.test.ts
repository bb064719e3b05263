import { describe, expect, test } from '@jest/globals';
import { TurnFailure } from '../../domain/log/failures.js';
import { parseFrames } from './completionFrames.js';
import { createCompletion } from './completionParts.js';

const codeOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    if (error instanceof TurnFailure) return error.code;
    throw error;
  }
  return 'no failure';
};
const parse = (data: string, name: string | null = null) => parseFrames({ name, data });
const take = (data: string, name: string | null = null) =>
  codeOf(() => parse(data, name).flatMap((frame) => [...createCompletion({ model: 'm' }).take(frame)]));

describe('the data of an event', () => {
  test.each(['{', '[]x', 'Internal Server Error', `{"choices":[${'{},'.repeat(200_000)}{}]}`])(
    'that are not JSON break the stream',
    (data) => {
      expect(take(data)).toBe('stream_broken');
    },
  );

  test.each(['{"a"', 'ping', 'x'])('that are not JSON are ignored under a name of their own: %s', (data) => {
    expect(parse(data, 'ping')).toEqual([]);
  });

  test.each(['', '  ', '"text"', 'null', '7', '[]', '[1,null]', 'ping', 'keep-alive', ': OPENROUTER PROCESSING'])(
    'that hold no object are ignored: %j',
    (data) => {
      expect(parse(data)).toEqual([]);
    },
  );

  test.each([
    ['a byte order mark', '\ufeff{"a":1}', [{ a: 1 }]],
    ['the prefix of an event within', 'data: {"a":1}', [{ a: 1 }]],
    ['a list', '[{"a":1},{"b":2}]', [{ a: 1 }, { b: 2 }]],
    ['one object on lines', '{\n"a":\n1}', [{ a: 1 }]],
    ['an object whose text is cut into lines', '{"a":"b\nc"}', [{ a: 'bc' }]],
    ['objects on lines', '{"a":1}\n\n{"b":2}\n[DONE]', [{ a: 1 }, { b: 2 }]],
  ])('with %s are read', (_, data, frames) => {
    expect(parse(data)).toEqual(frames);
  });
});

describe('a frame', () => {
  test.each([
    '{}',
    '{"choices":[]}',
    '{"choices":{}}',
    '{"choices":null,"error":null}',
    '{"choices":[],"error":{}}',
    '{"choices":[{"delta":null}],"new":1}',
    '{"choices":[{"delta":{"content":5,"tool_calls":"x","reasoning":[[1]]},"finish_reason":7}]}',
    '{"code":0,"message":"ok"}',
    '{"code":200,"message":"success"}',
    '{"status":"in_progress","message":"queued"}',
    '{"type":"ping"}',
    '{"model":5,"usage":"x","x_groq":1}',
  ])('may hold anything: %s', (frame) => {
    expect(take(frame)).toBe('no failure');
  });

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
    [{ status_code: 429 }, 'provider_rate_limited'],
    [[{ code: 401 }], 'provider_unauthorized'],
    [{ error: { code: 429 } }, 'provider_rate_limited'],
    [{ code: { valueOf: 1, toString: 1 }, message: [] }, 'provider_error'],
    ['overloaded', 'provider_error'],
    ['prompt is too long', 'context_too_long'],
    [true, 'provider_error'],
  ])('with the error %j fails with the code for that error', (error, code) => {
    expect(take(JSON.stringify({ error }))).toBe(code);
    const choices = [{ delta: { content: '' }, finish_reason: 'error', error }];
    expect(take(JSON.stringify({ choices }))).toBe(code);
    expect(take(JSON.stringify({ error, choices: [{ delta: {}, finish_reason: 'error' }] }))).toBe(code);
  });

  test.each([
    [{ code: 429, message: 'slow down' }, 'provider_rate_limited'],
    [{ object: 'error', message: 'maximum context length', code: 400 }, 'context_too_long'],
    [{ type: 'error', error: { type: 'authentication_error' } }, 'provider_unauthorized'],
    [{ type: 'error', message: 'x' }, 'provider_error'],
    [{ code: 'Throttling', message: 'x', request_id: 'y' }, 'provider_error'],
    [{ error: 'No.', code: 429 }, 'provider_rate_limited'],
    [{ status: 503, msg: 'x' }, 'provider_error'],
  ])('that is the error %j itself fails with the code for that error', (frame, code) => {
    expect(take(JSON.stringify(frame))).toBe(code);
  });

  test.each([
    ['{"code":429}', 'provider_rate_limited'],
    ['{"error":{"type":"authentication_error"}}', 'provider_unauthorized'],
    ['{}', 'provider_error'],
    ['upstream connect error', 'provider_error'],
    ['insufficient credits', 'provider_quota'],
  ])('of an event with the name error fails: %s', (data, code) => {
    expect(take(data, 'error')).toBe(code);
  });
});
