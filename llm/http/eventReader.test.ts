import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createEventReader, type SentEvent } from './eventReader.js';

const dataOf = (events: SentEvent[]) => events.map(({ data }) => data);

const lineEnd = fc.constantFrom('\n', '\r\n', '\r');
const text = fc
  .array(fc.constantFrom('é', '漢', '🦊', 'e\u0301', 'a', ' ', '"', '\\', '\u2028'))
  .map((t) => t.join(''));

describe('the reader of an event stream', () => {
  test('gives the same events wherever the bytes are split', () => {
    fc.assert(
      fc.property(fc.array(text), lineEnd, fc.array(fc.nat()), (texts, eol, cuts) => {
        const frames = texts.map((t) => JSON.stringify(t));
        const body = `: hello${eol}${eol}${frames.map((data) => `data: ${data}${eol}${eol}`).join('')}`;
        const bytes = new TextEncoder().encode(body);
        const edges = [0, ...cuts.map((cut) => cut % bytes.length).sort((a, b) => a - b), bytes.length];
        const reader = createEventReader();
        const read = edges.slice(1).flatMap((to, n) => reader.push(bytes.subarray(edges[n], to)));
        expect(dataOf([...read, ...reader.end()])).toEqual(frames);
      }),
      { numRuns: 300 },
    );
  });

  test('gives a last event that lacks its blank line or its line end', () => {
    for (const rest of ['data: 1\n', 'data: 1']) {
      const reader = createEventReader();
      expect(dataOf([...reader.push(new TextEncoder().encode(rest)), ...reader.end()])).toEqual(['1']);
    }
  });

  test('accepts comments, unknown fields and a byte order mark', () => {
    const reader = createEventReader();
    const bytes = new TextEncoder().encode('\ufeff: note\nfoo: bar\nretry: x\nid: 1\ndata: 1\n\n');
    expect(dataOf(reader.push(bytes))).toEqual(['1']);
  });

  test('takes time linear in the size of an event', () => {
    const time = (size: number) => {
      const reader = createEventReader();
      const bytes = new TextEncoder().encode(`data: "${'x'.repeat(size)}"\n\n`);
      const start = performance.now();
      let frames = 0;
      for (let at = 0; at < bytes.length; at += 1024) frames += reader.push(bytes.subarray(at, at + 1024)).length;
      expect(frames).toBe(1);
      return performance.now() - start;
    };
    time(1_000_000);
    // 4,000 pieces: a parser that scans the earlier ones again at each piece takes seconds
    expect(time(4_000_000)).toBeLessThan(3_000);
  });
});
