import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ProposedChange } from './blockParser.js';
import { findChangeBlocks, parseChangeBlocks, rulesOf } from './changeBlocks.js';

const block = ({ original, proposed, reason }: ProposedChange, between = '') =>
  [
    `<change>`,
    `<original>${original}</original>`,
    `<proposed>${proposed}</proposed>`,
    `<reason>${reason}</reason>`,
    '</change>',
  ].join(between);
const changesOf = (reply: string) => parseChangeBlocks(reply, { parser: 2 });
const firstVersion = (reply: string) => parseChangeBlocks(reply, {});
const one: ProposedChange = { original: 'a cat', proposed: 'a dog', reason: 'It barks.' };

describe('the change blocks of a reply', () => {
  test.each([0, 1, 50])('are returned in the order of their source: %d of them', (count) => {
    const changes = Array.from({ length: count }, (_, n) => ({ ...one, original: `word ${n}` }));
    expect(changesOf(changes.map((change) => `Say ${block(change)} why.`).join('\n'))).toEqual(changes);
  });

  test.each(['\n', '\r\n', ' \t\r\n  '])('may have line breaks in their tags: %j', (between) => {
    expect(changesOf(block(one, between))).toEqual([one]);
  });

  test('keep their content verbatim, except for one line end at each side', () => {
    const original = '  two\r\n\r\nlines <b> $& <original';
    expect(changesOf(block({ ...one, original: `\r\n${original}\r\n` }))).toEqual([{ ...one, original }]);
  });

  test('may have an empty proposal, but no empty original', () => {
    expect(changesOf(block({ ...one, proposed: '' }))).toEqual([{ ...one, proposed: '' }]);
    expect(changesOf(block({ ...one, original: '' }))).toEqual([]);
  });

  test.each([
    ['unclosed', block(one).replace('</change>', '')],
    ['without a reason', '<change><original>a</original><proposed>b</proposed></change>'],
    ['out of order', '<change><proposed>b</proposed><original>a</original><reason>c</reason></change>'],
    ['with words between its tags', block(one, ' and ')],
    ['in a code fence with other text', `\`\`\`xml\nLike this: ${block(one)}\n\`\`\``],
    ['before other text in a code fence', `\`\`\`\n${block(one)}\nand so on\n\`\`\``],
    ['between other text in a code fence', `~~~\n${block(one)}\nor\n${block(one)}\n~~~`],
    ['in a fence of tildes that holds another mark', `~~~\n\`\`\`\n${block(one)}\n~~~`],
  ])('%s are plain text', (_, reply) => {
    expect(changesOf(reply)).toEqual([]);
  });

  test('are parsed after a block that is not well-formed', () => {
    expect(changesOf(`<change><original>lost ${block(one)}`)).toEqual([one]);
    expect(changesOf(`${block(one).slice(0, -9)} ${block(one)}`)).toEqual([one]);
    expect(changesOf(`\`\`\`\nor ${block(one)}\n\`\`\`\n${block(one)}`)).toEqual([one]);
  });

  test('keep a code fence inside of a text as part of the text', () => {
    const original = 'before\n```js\nlet a;\n```\nafter';
    expect(changesOf(block({ ...one, original }))).toEqual([{ ...one, original }]);
  });

  test.each([
    '<change>',
    '<change><original>',
    '<original>',
    '</change>',
    '```\n',
    '```a\n~~~~b\n',
    '<change><original>a</original>',
    '\n',
  ])('are found in linear time in a long reply of %j', (piece) => {
    // quadratic, this takes minutes
    const reply = piece.repeat(500_000 / piece.length);
    expect(changesOf(reply)).toEqual([]);
    expect(firstVersion(reply)).toEqual([]);
  });

  test('are found whatever text stands around them', () => {
    const noise = fc
      .array(fc.constantFrom('<change>', '</change>', '<original>', 'x', '\n', '<reason>', '</proposed>'))
      .map((all) => all.join(''));
    fc.assert(
      fc.property(noise, (before) => {
        const closed = `${before}</original></proposed></reason></change>`;
        expect(changesOf(`${closed}${block(one)}`).at(-1)).toEqual(one);
      }),
    );
  });
});

describe('a code fence around change blocks', () => {
  const fenced = (content: string, fence = '```') => `${fence}xml\n${content}\n${fence}`;

  test.each([
    ['one block', fenced(block(one)), 1],
    ['several blocks', fenced(`\n${block(one)}\n\n  ${block(one, '\n')}\n`), 2],
    ['blocks in a fence of tildes', fenced(block(one), '~~~~'), 1],
    ['blocks in a fence with carriage returns', fenced(block(one)).replaceAll('\n', '\r\n'), 1],
    ['an indented fence', `   \`\`\`\n${block(one)}\n  \`\`\`  `, 1],
    ['a block whose text has a fence', fenced(block({ ...one, original: 'a\n```js\nb\n```\nc' })), 1],
    ['fences one after another', `${fenced(block(one))}\nand\n${fenced(block(one))}`, 2],
    ['a fence that never closes', `\`\`\`xml\n${block(one)}\nThat is all. ${block(one)}`, 2],
    ['a fence that a shorter one does not close', `\`\`\`\`\nHere: ${block(one)}\n\`\`\``, 1],
    ['a closing line after a block', `${block(one)}\n\`\`\`\n${block(one)}`, 2],
    ['inline code before a block', `\`\`\`x\`\`\`\n${block(one)}\nBye.`, 1],
    ['an example that is not closed, in a fence', `${fenced('<change><original>…')}\n${block(one)}`, 1],
    ['an example in a fence after one that never closes', `~~~\n${fenced(`so: ${block(one)}`)}\n${block(one)}`, 1],
  ])('counts as its blocks: %s', (_, reply, count) => {
    expect(changesOf(reply)).toHaveLength(count);
  });

  test('is part of the first and of the last block, so that nothing of it is left as text', () => {
    const reply = `Here:\n${fenced(`${block(one)}\n${block(one)}`)}\nDone.`;
    const [first, last] = findChangeBlocks(reply);
    expect(reply.slice(0, first?.start)).toBe('Here:\n');
    expect(reply.slice(last?.end)).toBe('\nDone.');
    expect(reply.slice(first?.end, last?.start)).toBe('\n');
  });
});

describe('a block with an empty original', () => {
  const empty: ProposedChange = { ...one, original: '' };

  test('counts only where the document has no text', () => {
    expect(changesOf(block(empty))).toEqual([]);
    expect(parseChangeBlocks(block(empty), { parser: 2, begins: true })).toEqual([empty]);
    expect(parseChangeBlocks(`\`\`\`\n${block(empty)}\n\`\`\``, { parser: 2, begins: true })).toEqual([empty]);
  });
});

describe('the rules of a reply', () => {
  const fence = `\`\`\`\n${block(one)}\n\`\`\``;
  const empty = block({ ...one, original: '' });

  test.each([
    ['are those of version 1 for blocks without a fence', block(one), false, {}],
    ['are those of version 1 where there is no block', 'No change.', true, {}],
    ['are those of version 1 for an example', `\`\`\`\nsay ${block(one)}\n\`\`\``, false, {}],
    ['are those of version 2 for a fence of blocks', fence, false, { parser: 2 }],
    ['are those of version 2 for a fence of blocks about an empty document', fence, true, { parser: 2 }],
    ['are those of version 1 for an empty original that does not count', empty, false, {}],
    ['say that an empty original counts', empty, true, { parser: 2, begins: true }],
  ])('%s', (_, reply, isDocumentEmpty, rules) => {
    expect(rulesOf(reply, isDocumentEmpty)).toEqual(rules);
  });

  test('of version 1 read old logs as they were written', () => {
    expect(firstVersion(fence)).toEqual([]);
    expect(firstVersion(`\`\`\`\n${block(one)}`)).toEqual([]);
    expect(firstVersion(`${fence}\n${block(one)}`)).toEqual([one]);
    expect(firstVersion(`~~~\n\`\`\`\n${block(one)}\n~~~`)).toEqual([]);
    expect(firstVersion(block({ ...one, original: 'a\n```\nb' }))).toEqual([{ ...one, original: 'a\n```\nb' }]);
  });
});
