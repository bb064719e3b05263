import { expect, test } from '@jest/globals';
import { withErrorLine, withoutErrorLine } from './errorLine.js';

const error = { message: 'The provider failed.' };

test.each(['', 'Half.', 'Half.\n\n'])(
  'a line about a provider failure is added to a text and can be removed from it: %j',
  (text) => {
    const shown = withErrorLine(text, error);
    expect(shown).toMatch(/\[Provider error: The provider failed\.\]$/);
    expect(withoutErrorLine(shown, error)).toBe(text);
  },
);

test('a text that only mentions errors is not changed when the failure line is removed', () => {
  const text = 'It said [Provider error: The provider failed.] twice.';
  expect([withoutErrorLine(text, error), withoutErrorLine(text, null)]).toEqual([text, text]);
});
