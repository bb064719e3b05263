import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type ProposedChange, parseChangeBlocks } from './changeBlocks.js';

const block = ({ original, proposed, reason }: ProposedChange, between = '') =>
  [
    `<change>`,
    `<original>${original}</original>`,
    `<proposed>${proposed}</proposed>`,
    `<reason>${reason}</reason>`,
    '</change>',
  ].join(between);
const one: ProposedChange = { original: 'a cat', proposed: 'a dog', reason: 'It barks.' };

describe('the change blocks of a reply', () => {
  test.each([0, 1, 50])('are returned in the order of their source: %d of them', (count) => {
    const changes = Array.from({ length: count }, (_, n) => ({ ...one, original: `word ${n}` }));
    expect(parseChangeBlocks(changes.map((change) => `Say ${block(change)} why.`).join('\n'))).toEqual(changes);
  });

  test.each(['\n', '\r\n', ' \t\r\n  '])('may have line breaks in their tags: %j', (between) => {
    expect(parseChangeBlocks(block(one, between))).toEqual([one]);
  });

  test('keep their content verbatim, except for one line end at each side', () => {
    const original = '  two\r\n\r\nlines <b> $& <original';
    expect(parseChangeBlocks(block({ ...one, original: `\r\n${original}\r\n` }))).toEqual([{ ...one, original }]);
  });

  test('may have an empty proposal, but no empty original', () => {
    expect(parseChangeBlocks(block({ ...one, proposed: '' }))).toEqual([{ ...one, proposed: '' }]);
    expect(parseChangeBlocks(block({ ...one, original: '' }))).toEqual([]);
  });

  test.each([
    ['unclosed', block(one).replace('</change>', '')],
    ['without a reason', '<change><original>a</original><proposed>b</proposed></change>'],
    ['out of order', '<change><proposed>b</proposed><original>a</original><reason>c</reason></change>'],
    ['with words between its tags', block(one, ' and ')],
    ['in a code fence', `\`\`\`xml\n${block(one)}\n\`\`\``],
    ['in a fence of tildes that holds another mark', `~~~\n\`\`\`\n${block(one)}\n~~~`],
  ])('%s are plain text', (_, reply) => {
    expect(parseChangeBlocks(reply)).toEqual([]);
  });

  test('are parsed after a block that is not well-formed', () => {
    expect(parseChangeBlocks(`<change><original>lost ${block(one)}`)).toEqual([one]);
    expect(parseChangeBlocks(`${block(one).slice(0, -9)} ${block(one)}`)).toEqual([one]);
    expect(parseChangeBlocks(`\`\`\`\n${block(one)}\n\`\`\`\n${block(one)}`)).toEqual([one]);
  });

  test('keep a code fence inside of a text as part of the text', () => {
    const original = 'before\n```js\nlet a;\n```\nafter';
    expect(parseChangeBlocks(block({ ...one, original }))).toEqual([{ ...one, original }]);
  });

  test.each([
    '<change>',
    '<change><original>',
    '<original>',
    '</change>',
    '```\n',
    '<change><original>a</original>',
    '\n',
  ])('are found in linear time in a megabyte of %j', (piece) => {
    const time = (bytes: number) => {
      const reply = piece.repeat(bytes / piece.length);
      const start = performance.now();
      expect(parseChangeBlocks(reply)).toEqual([]);
      return performance.now() - start;
    };
    time(100_000);
    // quadratic, this takes minutes
    expect(time(1_000_000)).toBeLessThan(5_000);
  });

  test('are found whatever text stands around them', () => {
    const noise = fc
      .array(fc.constantFrom('<change>', '</change>', '<original>', 'x', '\n', '<reason>', '</proposed>'))
      .map((all) => all.join(''));
    fc.assert(
      fc.property(noise, (before) => {
        const closed = `${before}</original></proposed></reason></change>`;
        expect(parseChangeBlocks(`${closed}${block(one)}`).at(-1)).toEqual(one);
      }),
    );
  });
});
