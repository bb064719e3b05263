import { expect, test } from '@jest/globals';
import { Counter, Histogram } from 'prom-client';
import { createRegistry } from './registry.js';

test('every metric of a process has the prefix, whichever way it was registered', async () => {
  const { registry, watch, watchRows } = createRegistry();
  const registers = [registry];
  new Counter({ name: 'a_total', help: 'a', registers }).inc(2);
  new Histogram({ name: 'b_seconds', help: 'b', buckets: [1], registers }).observe(0.5);
  watch('c', 'c', () => 3);
  watch('d_total', 'd', () => 4);
  watchRows({ name: 'e', help: 'e', labels: ['f'] }, () => [{ labels: { f: 'g' }, value: 5 }]);
  const text = await registry.metrics();
  for (const line of [
    'durable_turns_a_total 2',
    'durable_turns_b_seconds_bucket{le="1"} 1',
    'durable_turns_b_seconds_sum 0.5',
    'durable_turns_c 3',
    'durable_turns_d_total 4',
    'durable_turns_e{f="g"} 5',
  ])
    expect(text.split('\n')).toContain(line);
  expect(text).toMatch(/^durable_turns_process_cpu_seconds_total /m);
  expect(text).toMatch(/^durable_turns_nodejs_eventloop_lag_seconds /m);
  expect(text.split('\n').filter((line) => line !== '' && !/^(# \w+ )?durable_turns_/.test(line))).toEqual([]);
});
