import { expect, test } from '@jest/globals';
import { usageOfStream } from './streamCall.js';

const call = { step: 'reply:0', attempt: 1, model: 'm', prompt: ['abcd'], resumed: false };

test('tokens that the provider does not report are counted here, and estimated for a very long reply', () => {
  const counted: number[] = [];
  const count = (text: string) => counted.push(text.length) && 7;
  const usageOf = (text: string) => usageOfStream({ call, received: () => ({ text, thinking: '' }) }, null, count);
  expect(usageOf('Hello.')).toMatchObject({ promptTokens: 7, completionTokens: 14, certainty: 'estimated' });
  counted.length = 0;
  expect(usageOf('x'.repeat(4_000_000))).toMatchObject({ promptTokens: 7, completionTokens: 1_000_000 });
  expect(counted).toEqual([4]);
});
