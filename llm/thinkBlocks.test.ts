import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createThinkBlocks, type Piece, textWasThinking } from './thinkBlocks.js';

function split(...deltas: string[]) {
  const blocks = createThinkBlocks();
  let pieces: Piece[] = [];
  for (const each of [...deltas.flatMap(blocks.take), ...blocks.end()]) {
    if (each === textWasThinking) pieces = pieces.map(({ text }) => ({ channel: 'thinking', text }));
    else pieces.push(each);
  }
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
  ['she lies</think>Good evening.', 'she lies', 'Good evening.'],
  ['\nHm.\n</think>\n\nYes.', '\nHm.\n', 'Yes.'],
  ['Hm.</seed:think>Yes.', 'Hm.', 'Yes.'],
  ['Hm.[/THINK]Yes.', 'Hm.', 'Yes.'],
  ['Hm.◁/think▷Yes.', 'Hm.', 'Yes.'],
  ['a < b, [1], </b>, </thinker></think>Yes.', 'a < b, [1], </b>, </thinker>', 'Yes.'],
  ['Hm.</think>Use <think> or </think>.', 'Hm.', 'Use <think> or </think>.'],
  ['Hm.</think><think>b</think>c', 'Hm.b', 'c'],
  ['He says "no"</think>Yes.', 'He says "no"', 'Yes.'],
  ['</think>\n\nYes.', '', 'Yes.'],
  ['\n\n</think>Yes.', '', 'Yes.'],
  ['Hm.</think>', 'Hm.', ''],
  ['Close it with `</think>`, please. </think>', '', 'Close it with `</think>`, please. </think>'],
  ['<think>a</think>b</think>c', 'a', 'b</think>c'],
  ['`</think>` ends it.', '', '`</think>` ends it.'],
  ['Hm.</thi', '', 'Hm.</thi'],
  ['<think></think>b</think>c', 'b', 'c'],
  ['<think>\n\n</think>\n\n</think>Yes.', '', 'Yes.'],
  ['<think>a</think>\n</think>Yes.', 'a', 'Yes.'],
  ['</think></think>a</think>b', 'a', 'b'],
  ['Like this:\n```html\n</think>\n```\nYes.', '', 'Like this:\n```html\n</think>\n```\nYes.'],
  ['Like `a </think> b`, yes.', '', 'Like `a </think> b`, yes.'],
  ['```\na\n```\nHm, `b`.\n</think>Yes.', '```\na\n```\nHm, `b`.\n', 'Yes.'],
  ['```\nif x: # <think>\n```\n</think>', '', '```\nif x: # <think>\n```\n</think>'],
  ['Hm.</thinking>Yes.', '', 'Hm.</thinking>Yes.'],
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

  test('whose beginning was in the prompt takes back only text that was given', () => {
    const blocks = createThinkBlocks();
    expect(blocks.take('Hm.')).toEqual([{ channel: 'text', text: 'Hm.' }]);
    expect(blocks.take(' Yes<')).toEqual([{ channel: 'text', text: ' Yes' }]);
    expect(blocks.take('/think>No.')).toEqual([textWasThinking, { channel: 'text', text: 'No.' }]);
    expect(blocks.take('</think>')).toEqual([{ channel: 'text', text: '</think>' }]);
    expect(createThinkBlocks().take('Hm.</think>No.')).toEqual([
      { channel: 'thinking', text: 'Hm.' },
      { channel: 'text', text: 'No.' },
    ]);
  });

  test.each(cases)('is separated in the same way wherever what was given is certain: %j', (whole) => {
    const expected = split(whole);
    let given = { thinking: '', text: '' };
    const blocks = createThinkBlocks();
    for (const [at, unit] of [...whole].entries()) {
      for (const each of blocks.take(unit)) {
        if (each === textWasThinking) given = { thinking: given.thinking + given.text, text: '' };
        else given[each.channel] += each.text;
      }
      if (!blocks.isSettled()) continue;
      const resumed = createThinkBlocks({ text: given.text, hasThinking: given.thinking !== '' });
      const rest = { ...given };
      for (const each of [...resumed.take([...whole].slice(at + 1).join('')), ...resumed.end()]) {
        if (each === textWasThinking) [rest.thinking, rest.text] = [rest.thinking + rest.text, ''];
        else rest[each.channel] += each.text;
      }
      expect([rest.thinking, rest.text]).toEqual(expected);
    }
  });

  test('is not expected after much white space', () => {
    const lead = ' '.repeat(300);
    expect(split(...lead, '<think>a</think>')).toEqual(['', `${lead}<think>a</think>`]);
  });

  test('takes time linear in its length', () => {
    const before = process.cpuUsage();
    const text = '</think'.repeat(100_000);
    for (const first of ['<think>', 'Hm']) {
      const blocks = createThinkBlocks();
      const deltas = [first, ...(text.match(/.{1,7}/g) ?? [])];
      const pieces = [...deltas.flatMap(blocks.take), ...blocks.end()];
      const units = pieces.reduce((sum, piece) => sum + (piece === textWasThinking ? 0 : piece.text.length), 0);
      expect(units).toBe(text.length + (first === 'Hm' ? 2 : 0));
    }
    for (const text of ['<think></think>', '</think>', '<think>a</think> ']) {
      const blocks = createThinkBlocks();
      expect([...blocks.take(text.repeat(100_000)), ...blocks.end()].every((piece) => piece !== textWasThinking)).toBe(
        true,
      );
    }
    // In microseconds. The time of the clock depends on what else the machine does.
    expect(process.cpuUsage(before).user).toBeLessThan(10_000_000);
  });
});
