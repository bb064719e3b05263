import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createThinkBlocks } from './thinkBlocks.js';

function split(...deltas: string[]) {
  const blocks = createThinkBlocks();
  const pieces = [...deltas.flatMap(blocks.take), ...blocks.end()];
  expect(pieces.every(({ text }) => text !== '')).toBe(true);
  const of = (wanted: string) => pieces.map(({ channel, text }) => (channel === wanted ? text : '')).join('');
  return [of('thinking'), of('text')];
}

const cases: [string, string, string][] = [
  ['<think>she lies</think>Good evening.', 'she lies', 'Good evening.'],
  ['<thinking>Hm.</thinking>\n\nYes.', 'Hm.', 'Yes.'],
  ['<thought>Hm.</thought> Yes.', 'Hm.', 'Yes.'],
  ['<seed:think>Hm.</seed:think>Yes.', 'Hm.', 'Yes.'],
  ['[THINK]Hm.[/THINK]Yes.', 'Hm.', 'Yes.'],
  ['◁think▷Hm.◁/think▷Yes.', 'Hm.', 'Yes.'],
  ['[[chip]] Yes.', '', '[[chip]] Yes.'],
  [' \n<think>\nHm.\n</think>\n\nYes.', 'Hm.\n', 'Yes.'],
  ['<think>\n\n</think>\n\nYes.', '', 'Yes.'],
  ['<think></think>', '', ''],
  ['<think>a</think><think>b</think>c', 'ab', 'c'],
  ['<think>a < b </thin </thinking> </think>c', 'a < b </thin </thinking> ', 'c'],
  ['<think>never closed </thi', 'never closed </thi', ''],
  ['<think>a</think> <b>bold</b> <think>x</think>', 'a', '<b>bold</b> <think>x</think>'],
  ['I write <think>this</think>.', '', 'I write <think>this</think>.'],
  ['<thinker>no', '', '<thinker>no'],
  ['<b>no</b>', '', '<b>no</b>'],
  ['  leading', '', '  leading'],
  ['<thi', '', '<thi'],
  ['   ', '', '   '],
  ['', '', ''],
];

describe('a block of thinking at the start of a reply', () => {
  test.each(cases)('is separated from its text: %j', (whole, thinking, text) => {
    expect(split(whole)).toEqual([thinking, text]);
  });

  test.each(cases)('is separated wherever the deltas are cut: %j', (whole, thinking, text) => {
    expect(split(...whole)).toEqual([thinking, text]);
    fc.assert(
      fc.property(fc.array(fc.nat(whole.length)), (cuts) => {
        const edges = [0, ...cuts.sort((a, b) => a - b), whole.length];
        expect(split(...edges.slice(1).map((to, n) => whole.slice(edges[n], to)))).toEqual([thinking, text]);
      }),
      { numRuns: 30 },
    );
  });

  test('delays no text that can not be a tag', () => {
    const blocks = createThinkBlocks();
    expect(blocks.take('Good')).toEqual([{ channel: 'text', text: 'Good' }]);
    expect(blocks.take(' <think>')).toEqual([{ channel: 'text', text: ' <think>' }]);
    const inside = createThinkBlocks();
    expect(inside.take('<think>ab')).toEqual([{ channel: 'thinking', text: 'ab' }]);
    expect(inside.take('cd<')).toEqual([{ channel: 'thinking', text: 'cd' }]);
  });

  test('is not expected after much white space', () => {
    const lead = ' '.repeat(300);
    expect(split(...lead, '<think>a</think>')).toEqual(['', `${lead}<think>a</think>`]);
  });

  test('takes time linear in its length', () => {
    const start = performance.now();
    const text = '</think'.repeat(300_000);
    const blocks = createThinkBlocks();
    let units = 0;
    for (const delta of ['<think>', ...(text.match(/.{1,7}/g) ?? [])])
      for (const piece of blocks.take(delta)) units += piece.text.length;
    expect(units + (blocks.end()[0]?.text.length ?? 0)).toBe(text.length);
    expect(performance.now() - start).toBeLessThan(10_000);
  });
});
