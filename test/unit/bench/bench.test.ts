import { existsSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { cpuSince, readCpu, totalCpu } from '../../../bench/cpu.js';
import { readOptions } from '../../../bench/options.js';
import { render } from '../../../bench/report.js';
import { median, quantile } from '../../../bench/stats.js';
import { createStampReader } from '../../../bench/streams.js';

describe('the options of the bench', () => {
  test('select every part without flags', () => {
    expect(readOptions([])).toEqual({
      only: ['start', 'dialects', 'latency', 'streams', 'turns', 'fanOut', 'viewers', 'longChats', 'fleet', 'shares'],
      quick: false,
    });
  });
  test('select parts in their fixed order, whatever the order of the flags', () => {
    expect(readOptions(['--only', 'turns, start', '--quick'])).toEqual({ only: ['start', 'turns'], quick: true });
  });
  test('are refused for an unknown part or flag', () => {
    expect(() => readOptions(['--only', 'speed'])).toThrow('speed');
    expect(() => readOptions(['--fast'])).toThrow('--fast');
  });
  test('select the numbers of streams, and are refused for what is no number from 1', () => {
    expect(readOptions(['--streams', '20,500'])).toMatchObject({ streams: [20, 500] });
    for (const wrong of ['many', '0', '1.5', '20,']) expect(() => readOptions(['--streams', wrong])).toThrow(wrong);
  });
});

describe('the statistics of the bench', () => {
  test('have as median the middle of the sorted values', () => {
    expect(median([9, 1, 10, 2, 3])).toBe(3);
  });
  test('have 99 of a hundred values below the 99th percentile', () => {
    const values = Array.from({ length: 100 }, (_, n) => n);
    expect(values.filter((value) => value < quantile(values, 0.99))).toHaveLength(99);
  });
  test('have no median of no values, rather than zero', () => {
    expect(median([])).toBeNaN();
  });
  test('include time stamps that are cut between two pieces of a text', () => {
    const read = createStampReader();
    expect([...read('<100.5><20'), ...read('0.25>'), ...read('<300.125>')]).toEqual([100.5, 200.25, 300.125]);
  });
  (existsSync('/proc/self/stat') ? test : test.skip)('work of a process shows in its processor time', () => {
    const before = readCpu({ bench: process.pid });
    const until = performance.now() + 100;
    while (performance.now() < until);
    expect(totalCpu(cpuSince(before, readCpu({ bench: process.pid })))).toBeGreaterThan(0.01);
  });
});

describe('the report of the bench', () => {
  const row = { what: 'a measure', unit: 'ms' };
  const lineOf = (rendered: string) => rendered.split('\n')[1]?.replace(/\s+/g, ' ').trim();

  test('has both values, their ratio, and whether a target is met', () => {
    const rows = [{ ...row, service: 12, pipe: 4, target: { below: 60 } }];
    expect(lineOf(render({ title: 'Part', rows }))).toBe('a measure 12.0 ms 4.00 ms 3.0× < 60 ms: met');
  });
  test('shows a target with two conditions as missed if one of them is', () => {
    const rows = [{ ...row, service: 1.5, pipe: 0.3, target: { below: 2, times: 3 } }];
    expect(lineOf(render({ title: 'Part', rows }))).toBe('a measure 1.50 ms 0.30 ms 5.0× < 2 ms, ≤ 3×: MISSED');
  });
  test('shows a missing measurement as unknown and its target as missed', () => {
    const rows = [{ ...row, service: Number.NaN, target: { below: 60 } }];
    expect(lineOf(render({ title: 'Part', rows }))).toBe('a measure unknown < 60 ms: MISSED');
  });
});
