import { describe, expect, test } from '@jest/globals';
import { type MathNode, mathTree } from './mathTree.js';

const flat = (nodes: readonly MathNode[]): Exclude<MathNode, string>[] =>
  nodes.flatMap((node) => (typeof node === 'string' ? [] : [node, ...flat(node.children)]));
const tagsOf = (tex: string) => flat(mathTree(tex, false)).map(({ tag }) => tag);

describe('the layout of a formula', () => {
  test('is MathML', () => {
    expect(tagsOf('\\frac{a}{b}')).toEqual(expect.arrayContaining(['math', 'mfrac', 'mi']));
    expect(mathTree('x', true)).toMatchObject([{ tag: 'math', attributes: { display: 'block' } }]);
  });

  test.each([
    '\\href{javascript:alert(1)}{x}',
    '\\url{https://example.org}',
    '\\includegraphics{https://example.org/pixel}',
    '\\htmlClass{a}{x}',
    '\\htmlData{a=b}{x}',
    '\\htmlStyle{background: url(https://example.org)}{x}',
    '\\fcolorbox{red}{blue}{x}',
    '\\text{<img src=x onerror=alert(1)>}',
  ])('has no link, no style and no element that loads: %s', (tex) => {
    for (const { tag, attributes } of flat(mathTree(tex, false))) {
      expect(tag).toMatch(/^m[a-z]+$/);
      const names = Object.keys(attributes).filter((name) => /^(?:on.*|href|src|style|class|id)$/.test(name));
      expect(names).toEqual([]);
    }
  });

  test('throws for what is not TeX, and for macros without an end', () => {
    expect(() => mathTree('\\frac{a', false)).toThrow();
    expect(() => mathTree('\\def\\a{\\a\\a}\\a', false)).toThrow();
  });
});
