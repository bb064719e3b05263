import { expect, test } from '@jest/globals';
import { toResponseRequest } from './responseRequest.js';

test('a request to the Responses API names the options of a turn as that API does', () => {
  const request = {
    model: 'm',
    messages: [{ role: 'user' as const, content: 'Hello.' }],
    requestId: 'turn_1/reply:0/1',
  };
  const samplers = { temperature: 0.5, topP: 0.9, presencePenalty: 1, frequencyPenalty: 1, stop: ['x'] };
  const asked = toResponseRequest({ ...request, ...samplers, maxTokens: 99 });
  expect(asked).toMatchObject({ temperature: 0.5, top_p: 0.9, max_output_tokens: 99 });
  // The API has no such parameters.
  for (const name of ['stop', 'presence_penalty', 'frequency_penalty']) expect(asked).not.toHaveProperty(name);
  const withoutOptions = toResponseRequest(request);
  expect(withoutOptions).not.toHaveProperty('temperature');
  expect(withoutOptions).not.toHaveProperty('max_output_tokens');
});
