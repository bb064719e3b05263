import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { bytesHaveMoreTokens, bytesNestDeeper, createTokenCounter, parseBounded } from './boundedJson.js';

describe('JSON from outside', () => {
  test('is parsed as by JSON.parse, however long its strings are', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) =>
        expect(parseBounded(JSON.stringify(value))).toEqual(JSON.parse(JSON.stringify(value))),
      ),
    );
    const text = '{"[,:\\"\\\\'.repeat(100_000);
    expect(parseBounded(JSON.stringify({ text }))).toEqual({ text });
    expect(parseBounded('{"a":')).toBeUndefined();
  });

  test.each([
    ['objects', `[${'{},'.repeat(100_000)}{}]`],
    ['numbers', `[${'1,'.repeat(200_001)}1]`],
    ['levels', '['.repeat(200_001) + ']'.repeat(200_001)],
    ['names', `{${'"a":1,'.repeat(100_001)}"b":1}`],
  ])('with too many %s is refused without being parsed', (_, text) => {
    expect(parseBounded(text)).toBeUndefined();
  });

  test('as bytes has more tokens than a limit exactly where counting them one by one says so', () => {
    const hostile = fc.array(fc.constantFrom('"', '\\\\', '[', '{', ',', ':', 'a', 'é'), { maxLength: 40 });
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          hostile.map((pieces) => pieces.join('')),
        ),
        fc.nat(8),
        (text, max) => {
          const bytes = Buffer.from(text);
          const count = createTokenCounter();
          const tokens = [...bytes].map(count).at(-1) ?? 0;
          expect(bytesHaveMoreTokens(bytes, max)).toBe(tokens > max);
        },
      ),
    );
  });

  test('nests as deep as its value does, whatever its strings hold', () => {
    const depthOf = (value: unknown): number =>
      typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(6), (value, max) => {
        expect(bytesNestDeeper(Buffer.from(JSON.stringify(value)), max)).toBe(depthOf(value) > max);
      }),
    );
    expect(bytesNestDeeper(Buffer.from('{"a":"[[[\\"[[["}'), 1)).toBe(false);
  });

  test('has the same token count by its bytes and by its UTF-16 code units', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        const [byUnit, byByte] = [createTokenCounter(), createTokenCounter()];
        const last = (counts: number[]) => counts.at(-1);
        expect(last([...Buffer.from(text)].map(byByte))).toBe(
          last(Array.from({ length: text.length }, (_, at) => byUnit(text.charCodeAt(at)))),
        );
      }),
    );
  });
});
