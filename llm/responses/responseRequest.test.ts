import { expect, test } from '@jest/globals';
import { toResponseRequest } from './responseRequest.js';

test('a request to the Responses API names the options of a turn as that API does', () => {
  const request = {
    model: 'm',
    messages: [{ role: 'user' as const, content: 'Hello.' }],
    requestId: 'turn_1/reply:0/1',
  };
  expect(toResponseRequest({ ...request, temperature: 0.5, maxTokens: 99 })).toMatchObject({
    temperature: 0.5,
    max_output_tokens: 99,
  });
  const withoutOptions = toResponseRequest(request);
  expect(withoutOptions).not.toHaveProperty('temperature');
  expect(withoutOptions).not.toHaveProperty('max_output_tokens');
});
