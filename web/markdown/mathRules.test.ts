import { describe, expect, test } from '@jest/globals';
import MarkdownIt from 'markdown-it';
import { addMath, formulaAt } from './mathRules.js';

const markdown = new MarkdownIt();
addMath(markdown);

/** The formulas of a text, and its other words. */
function read(text: string) {
  const tokens = markdown.parse(text, {}).flatMap((token) => [token, ...(token.children ?? [])]);
  const of = (type: string) => tokens.filter((token) => token.type === type).map(({ content }) => content);
  return { inline: of('math'), display: of('math_display'), text: of('text').join('|') };
}

describe('formulas in a text', () => {
  test('stand between dollars or brackets, in a line or as a block', () => {
    expect(read('So $a_1 * b_1$ and \\(c\\).')).toMatchObject({ inline: ['a_1 * b_1', 'c'], display: [] });
    expect(read('$$\na\n= b\n- c\n$$')).toMatchObject({ inline: [], display: ['a\n= b\n- c'], text: '' });
    expect(read('Then\n\\[\nx^2\n\\]\nfollows.')).toMatchObject({ display: ['x^2'], text: 'Then|follows.' });
    expect(read('- item\n\n  $$x$$\n')).toMatchObject({ display: ['x'], text: 'item' });
    expect(read('In a line: $$x$$, and on.')).toMatchObject({ display: ['x'] });
  });

  test.each([
    'It costs $5, and $10 tomorrow.',
    'Between $5 and $10.',
    'From $5-$10.',
    'An escaped \\$a\\$ stays.',
    'Code: `$a$` and `\\(b\\)`.',
    'Not closed: $$a',
    'Empty: $$ $$ and $ $',
    `Too long: $${'a'.repeat(5_000)}$`,
  ])('are not found in: %s', (text) => {
    expect(read(text)).toMatchObject({ inline: [], display: [] });
  });

  test('of a million dollars are refused in time that grows with the text alone', () => {
    const text = '$a '.repeat(100_000);
    const start = performance.now();
    expect(formulaAt(text, 0)).toBeNull();
    expect(performance.now() - start).toBeLessThan(1_000);
  });
});
