import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { parseInput, text } from './input.js';

const schema = z.object({ title: text(10).optional(), more: z.unknown() });

test.each([
  ['NUL in a text', { more: 'a\0' }],
  ['half of a pair in a list', { more: [{ stop: ['\ud800'] }] }],
  ['NUL in a name', { more: { 'a\0': 1 } }],
])('%s is refused whatever the schema checks, and the error names the field', (_, input) => {
  expect(() => parseInput(schema, input, 'invalid_body')).toThrow(
    expect.objectContaining({ code: 'invalid_body', detail: expect.stringMatching(/^more: must not hold U\+0000/) }),
  );
});

test('half of a pair in a text is replaced', () => {
  expect(parseInput(schema, { title: 'a\ud800', more: null }, 'invalid_body')).toEqual({
    title: 'a\ufffd',
    more: null,
  });
});
