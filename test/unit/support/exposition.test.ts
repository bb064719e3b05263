import { describe, expect, test } from '@jest/globals';
import { parseExposition } from '../../support/telemetry/exposition.js';

const histogram = (count: number) => `# TYPE a_seconds histogram
a_seconds_bucket{le="0.1",kind="x"} 1
a_seconds_bucket{le="+Inf",kind="x"} 2
a_seconds_sum{kind="x"} 0.5
a_seconds_count{kind="x"} ${count}
`;

describe('the parser of metrics', () => {
  test('reads names, labels with escapes, and values', () => {
    const text = `# HELP a_total So many\n# TYPE a_total counter\na_total{kind="x",said="a\\"b\\n\\\\"} 3\na_total{kind="y",said=""} 1e-3\n${histogram(2)}`;
    const read = parseExposition(text);
    expect(read.value('a_total', { kind: 'x', said: 'a"b\n\\' })).toBe(3);
    expect(read.value('a_total', { kind: 'x' })).toBeNull();
    expect(read.sum('a_total')).toBe(3.001);
    expect(read.value('a_seconds_bucket', { kind: 'x', le: '+Inf' })).toBe(2);
    expect(read.families.get('a_total')).toMatchObject({ type: 'counter', help: 'So many' });
  });

  test.each([
    ['a sample without its type', 'a_total 1\n'],
    ['a series twice', '# TYPE a gauge\na 1\na 2\n'],
    ['a label without quotes', '# TYPE a gauge\na{kind=x} 1\n'],
    ['a value that is none', '# TYPE a gauge\na one\n'],
    ['buckets that do not add up', histogram(3)],
  ])('refuses %s', (_, text) => expect(() => parseExposition(text)).toThrow());
});
