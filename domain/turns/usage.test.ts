import { describe, expect, test } from '@jest/globals';
import type { TokenUsage } from './turn.js';
import { approximateTokens, type CallRecord, callsOfEpoch, unknownUsage, usageOfCalls } from './usage.js';

const exact = (prompt: number, completion: number, modelId = 'm'): TokenUsage => ({
  promptTokens: prompt,
  completionTokens: completion,
  totalTokens: prompt + completion,
  cachedTokens: 1,
  toolCallCount: 0,
  llmCallCount: 1,
  modelId,
  certainty: 'exact',
});

const call = (fields: Partial<CallRecord> = {}): CallRecord => ({
  step: 'reply:0',
  attempt: 1,
  model: 'm',
  promptTokens: 90,
  completionTokens: 0,
  epoch: null,
  continuedEpoch: null,
  usage: null,
  used: false,
  ...fields,
});
const landed = (fields: Partial<CallRecord> = {}) => call({ usage: exact(100, 20), used: true, ...fields });

describe('the usage of several calls', () => {
  test('is null without a call', () => {
    expect(usageOfCalls([])).toBeNull();
  });

  test('is exact and not wasted where the provider counted each call and each had a result', () => {
    expect(usageOfCalls([landed(), landed({ step: 'significance:0' })], 2)).toEqual({
      ...exact(200, 40),
      cachedTokens: 2,
      llmCallCount: 2,
      toolCallCount: 2,
      wasted: { promptTokens: 0, completionTokens: 0, calls: 0 },
    });
  });

  test('counts a lost attempt with the prompt that the provider counted for the next one', () => {
    expect(usageOfCalls([call({ completionTokens: 7 }), landed({ attempt: 2 })])).toMatchObject({
      promptTokens: 200,
      completionTokens: 27,
      totalTokens: 227,
      llmCallCount: 2,
      certainty: 'estimated',
      wasted: { promptTokens: 100, completionTokens: 7, calls: 1 },
    });
  });

  test('does not estimate a lost attempt from another model or another step', () => {
    const calls = [call(), landed({ model: 'other', attempt: 2 }), landed({ step: 'reply:1' })];
    expect(usageOfCalls(calls)?.wasted).toEqual({ promptTokens: 90, completionTokens: 0, calls: 1 });
  });

  test('counts an attempt without a stored prompt with the prompt of the other attempts', () => {
    const bare = call({ model: null, promptTokens: null });
    expect(usageOfCalls([bare, landed({ attempt: 2 })])?.wasted).toMatchObject({ promptTokens: 100, calls: 1 });
    expect(usageOfCalls([bare])).toMatchObject({ certainty: 'unknown', promptTokens: 0, llmCallCount: 1 });
  });

  test('is unknown only where no call has anything to count', () => {
    const refused = call({ usage: unknownUsage('m') });
    expect(usageOfCalls([refused, refused])?.certainty).toBe('unknown');
    expect(usageOfCalls([refused, landed({ attempt: 2 })])).toMatchObject({
      certainty: 'estimated',
      promptTokens: 100,
      llmCallCount: 2,
      wasted: { promptTokens: 0, completionTokens: 0, calls: 1 },
    });
  });

  test('names the model of the newest reply', () => {
    const classifier = landed({ step: 'significance:0', usage: exact(1, 1, 'small') });
    expect(usageOfCalls([landed(), classifier, call({ attempt: 2, model: 'late' })])?.modelId).toBe('m');
    expect(usageOfCalls([call({ model: 'first' }), classifier])?.modelId).toBe('first');
    expect(usageOfCalls([classifier])?.modelId).toBe('small');
  });
});

test('an estimate has about one token for four bytes of text, in any script', () => {
  expect(approximateTokens(['word'.repeat(100)])).toBe(100);
  expect(approximateTokens(['日本語の文章'])).toBe(5);
  expect(approximateTokens(['😀', '😀'])).toBe(2);
  expect(approximateTokens([])).toBe(0);
});

test('the calls of an epoch are those that wrote it and those whose text they continued', () => {
  const first = call({ epoch: 1 });
  const second = call({ attempt: 2, epoch: 2, continuedEpoch: 1 });
  const third = call({ attempt: 3, epoch: 3 });
  const calls = [first, second, third, call({ attempt: 4 })];
  expect(callsOfEpoch(calls, 2)).toEqual([second, first]);
  expect(callsOfEpoch(calls, 3)).toEqual([third]);
  expect(callsOfEpoch(calls, 9)).toEqual([]);
});
