import { expect, test } from '@jest/globals';
import { parseArguments, shownArguments } from './toolArguments.js';

const deep = `{"a":${'['.repeat(20_000)}${']'.repeat(20_000)}}`;

test.each([
  ['an object', '{"a":[1,"é"]}', { a: [1, 'é'] }],
  ['nothing', ' ', {}],
])('%s is accepted as the arguments of a tool call', (_, text, value) => {
  expect(parseArguments(text)).toEqual({ ok: true, value });
});

test.each([
  ['no JSON', '{"a":'],
  ['a list', '[]'],
  ['null', 'null'],
  ['NUL in a text', '{"a":"\\u0000"}'],
  ['NUL in a key', '{"\\u0000":1}'],
  ['half a surrogate pair', '{"a":["\\ud800"]}'],
  ['a number that JSON has no number for', '{"a":1e999}'],
  ['20,000 levels', deep],
])('%s is refused as the arguments of a tool call, with an error for the model and the text for people', (_, text) => {
  expect(parseArguments(text)).toEqual({ ok: false, message: expect.stringMatching(/^The arguments .*\.$/) });
  expect(shownArguments(text)).toBe(text);
});
