import { expect, test } from '@jest/globals';
import { diffParts } from './diffParts.js';

const render = (original: string, proposed: string) =>
  diffParts(original, proposed)
    .map(({ kind, text }) => (kind === 'same' ? text : kind === 'removed' ? `[-${text}-]` : `[+${text}+]`))
    .join('');

test('a diff joins words that are replaced one after another into one replacement', () => {
  expect(render('It was full of boats.', 'It was crowded with boats.')).toBe(
    'It was [-full of-][+crowded with+] boats.',
  );
});

test('a diff has an addition at the position where it is inserted', () => {
  expect(render('She did not look back.', 'She did not look back, ever.')).toBe('She did not look back[+, ever+].');
});

test('both texts can be restored from the parts of their diff', () => {
  const words = ['a', 'b', ' ', '\n', 'c.', ', ', 'dd'];
  for (let seed = 1; seed < 300; seed++) {
    const pick = (n: number) =>
      Array.from({ length: n }, (_, at) => words[(seed * (at + 3) * n + at * at) % words.length]);
    const [original, proposed] = [pick((seed % 9) + 1).join(''), pick((seed % 7) + 2).join('')];
    const parts = diffParts(original, proposed);
    const without = (kind: string) => parts.filter((part) => part.kind !== kind).map(({ text }) => text);
    expect(without('added').join('')).toBe(original);
    expect(without('removed').join('')).toBe(proposed);
  }
});

test('texts without common words are one removal and one addition', () => {
  const original = Array.from({ length: 3_000 }, (_, n) => `a${n}`).join(' ');
  expect(diffParts(original, 'b')).toEqual([
    { kind: 'removed', text: original },
    { kind: 'added', text: 'b' },
  ]);
});
