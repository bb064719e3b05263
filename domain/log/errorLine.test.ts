import { expect, test } from '@jest/globals';
import { withErrorLine, withoutErrorLine } from './errorLine.js';

const error = { message: 'The provider failed.' };

test.each(['', 'Half.', 'Half.\n\n'])('a text shows that the provider failed, and is had back without: %j', (text) => {
  const shown = withErrorLine(text, error);
  expect(shown).toMatch(/\[Provider error: The provider failed\.\]$/);
  expect(withoutErrorLine(shown, error)).toBe(text);
});

test('a text that only speaks of errors is left as it is', () => {
  const text = 'It said [Provider error: The provider failed.] twice.';
  expect([withoutErrorLine(text, error), withoutErrorLine(text, null)]).toEqual([text, text]);
});
