import { expect, test } from '@jest/globals';
import type { TokenUsage } from '../turns/turn.js';
import type { LandedBeat } from './mark.js';
import { usageOfReplies } from './usage.js';

const used = (promptTokens: number, completionTokens: number): TokenUsage => ({
  promptTokens,
  completionTokens,
  totalTokens: promptTokens + completionTokens,
  cachedTokens: 1,
  toolCallCount: 0,
  llmCallCount: 1,
  modelId: 'm',
  certainty: 'exact',
});

const beat = (number: number, usage?: TokenUsage): LandedBeat => ({
  beat: number,
  speakerId: 'char_1',
  text: 'Yes.',
  truncated: false,
  model: 'm',
  seq: 3,
  at: '2026-01-01T00:00:00.000Z',
  usage,
});

test('the usage is that of all replies, whether that of the turn is known or not', () => {
  const beats = [beat(0, used(10, 5)), beat(1, used(20, 7))];
  const sum = { promptTokens: 30, completionTokens: 12, cachedTokens: 2 };
  expect(usageOfReplies({ status: 'completed' }, beats)).toEqual(sum);
  expect(usageOfReplies({ status: 'completed', usage: used(90, 90) }, beats)).toEqual(sum);
});

test('the usage of a turn without replies is that of the turn', () => {
  expect(usageOfReplies({ status: 'failed', usage: used(9, 0) }, [])).toMatchObject({ promptTokens: 9 });
  expect(usageOfReplies({ status: 'failed' }, [beat(0)])).toBeUndefined();
});
