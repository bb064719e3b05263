import { expect, test } from '@jest/globals';
import { usageOfStream } from './streamCall.js';

const call = { step: 'reply:0', attempt: 1, model: 'm', prompt: ['abcd'], resumed: false };

test('the tokens of a reply whose provider does not say are counted, and those of a very long one estimated', () => {
  const counted: number[] = [];
  const count = (text: string) => counted.push(text.length) && 7;
  const usageOf = (text: string) => usageOfStream({ call, received: () => ({ text, thinking: '' }) }, null, count);
  expect(usageOf('Hello.')).toMatchObject({ promptTokens: 7, completionTokens: 14, certainty: 'estimated' });
  counted.length = 0;
  expect(usageOf('x'.repeat(4_000_000))).toMatchObject({ promptTokens: 7, completionTokens: 1_000_000 });
  expect(counted).toEqual([4]);
});
