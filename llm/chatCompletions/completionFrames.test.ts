import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { TurnFailure } from '../../domain/log/failures.js';
import { createFrameReader, parseChunk } from './completionFrames.js';

const codeOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    if (error instanceof TurnFailure) return error.code;
  }
  return 'no failure';
};

const lineEnd = fc.constantFrom('\n', '\r\n', '\r');
const text = fc
  .array(fc.constantFrom('é', '漢', '🦊', 'e\u0301', 'a', ' ', '"', '\\', '\u2028'))
  .map((t) => t.join(''));

describe('the bytes of a stream', () => {
  test('give the same frames wherever they are cut', () => {
    fc.assert(
      fc.property(fc.array(text), lineEnd, fc.array(fc.nat()), (texts, eol, cuts) => {
        const frames = texts.map((t) => JSON.stringify(t));
        const body = `: hello${eol}${eol}${frames.map((data) => `data: ${data}${eol}${eol}`).join('')}`;
        const bytes = new TextEncoder().encode(body);
        const edges = [0, ...cuts.map((cut) => cut % bytes.length).sort((a, b) => a - b), bytes.length];
        const reader = createFrameReader();
        const read = edges.slice(1).flatMap((to, n) => reader.push(bytes.subarray(edges[n], to)));
        expect([...read, ...reader.end()]).toEqual(frames);
      }),
      { numRuns: 300 },
    );
  });

  test('give a last frame that lacks its blank line, or its line end', () => {
    for (const rest of ['data: 1\n', 'data: 1']) {
      const reader = createFrameReader();
      expect([...reader.push(new TextEncoder().encode(rest)), ...reader.end()]).toEqual(['1']);
    }
  });

  test('may hold comments, unknown fields and a byte order mark', () => {
    const reader = createFrameReader();
    const bytes = new TextEncoder().encode('\ufeff: note\nfoo: bar\nretry: x\nid: 1\ndata: 1\n\n');
    expect(reader.push(bytes)).toEqual(['1']);
  });

  test('take time in proportion to a frame, not to its square', () => {
    const time = (size: number) => {
      const reader = createFrameReader();
      const bytes = new TextEncoder().encode(`data: "${'x'.repeat(size)}"\n\n`);
      const start = performance.now();
      let frames = 0;
      for (let at = 0; at < bytes.length; at += 1024) frames += reader.push(bytes.subarray(at, at + 1024)).length;
      expect(frames).toBe(1);
      return performance.now() - start;
    };
    time(1_000_000);
    // 4,000 pieces: with a rescan of all that came before at each of them this takes seconds
    expect(time(4_000_000)).toBeLessThan(3_000);
  });
});

describe('a frame', () => {
  test.each([
    ['choices', `{"choices":[${'{},'.repeat(200)}{}]}`],
    ['fragments of calls', `{"choices":[{"delta":{"tool_calls":[${'{},'.repeat(200)}{}]}}]}`],
  ])('with more %s than there can be breaks the stream', (_, frame) => {
    expect(codeOf(() => parseChunk(frame))).toBe('stream_broken');
  });

  test.each(['', '{', '"text"', 'null', '7', '[]x', '{"choices":{}}', '{"choices":[{"delta":{"content":5}}]}'])(
    'that is no chunk breaks the stream: %s',
    (frame) => {
      expect(codeOf(() => parseChunk(frame))).toBe('stream_broken');
    },
  );

  test.each(['{}', '{"choices":[]}', '{"choices":null,"error":null}', '{"choices":[{"delta":null}],"new":1}'])(
    'may lack what it does not need: %s',
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
  ])('with the error %j fails as what the provider means by it', (error, code) => {
    expect(codeOf(() => parseChunk(JSON.stringify({ error })))).toBe(code);
  });
});
