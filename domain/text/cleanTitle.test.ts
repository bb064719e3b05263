import { expect, test } from '@jest/globals';
import { cleanTitle } from './cleanTitle.js';

test.each([
  ['A walk to the lighthouse', 'A walk to the lighthouse'],
  ['"A walk to the lighthouse."', 'A walk to the lighthouse'],
  ['**Title: "A walk"**', 'A walk'],
  ['Title: A walk', 'A walk'],
  ['TITLE：A walk', 'A walk'],
  ['## A *quiet* walk', 'A *quiet* walk'],
  ['# **A walk**', 'A walk'],
  ['- `useState` in React', 'useState in React'],
  ['“A walk”', 'A walk'],
  ['„Ein Spaziergang“', 'Ein Spaziergang'],
  ['« Une promenade »', 'Une promenade'],
  ['「灯台への散歩」', '灯台への散歩'],
  ['"Yes" and "No"', '"Yes" and "No"'],
  ['\n\n```\nA walk\n```\nIt is a title.', 'A walk'],
  ['A walk\nand another line', 'A walk'],
  ['A\u0000 walk\u0007 \u202eto\u202c the\tlighthouse', 'A walk to the lighthouse'],
  ['A \ud83d walk', 'A \ufffd walk'],
  ['Trip to the U.S.', 'Trip to the U.S.'],
  ['And then...', 'And then...'],
  ['C++ and snake_case_names', 'C++ and snake_case_names'],
  ['👩‍🚀', '👩‍🚀'],
])('a title that a model wrote as %j becomes %j', (written, title) => {
  expect(cleanTitle(written)).toBe(title);
});

test.each(['', ' \n\t', '""', '***', 'Title:', '\u200b\u202e', '…'])('no title is made of %j', (written) => {
  expect(cleanTitle(written)).toBeNull();
});

test('a long title is cut at a word, and never within a character', () => {
  const cut = cleanTitle('One two three four five six seven eight nine ten '.repeat(3))!;
  expect(cut.length).toBeLessThanOrEqual(80);
  expect(cut).toMatch(/ eight…$|\w…$/);
  const wide = cleanTitle(`a${'🦆'.repeat(60)}`)!;
  expect(wide.length).toBeLessThanOrEqual(80);
  expect(wide.isWellFormed()).toBe(true);
});

test('a text made to be slow is cleaned in linear time', () => {
  const started = performance.now();
  for (const text of ['*', '`', '"', '[', '__', '# ', '- ', ' .']) cleanTitle(text.repeat(4_000 / text.length));
  expect(performance.now() - started).toBeLessThan(1_000);
});
