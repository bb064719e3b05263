import { describe, expect, test } from '@jest/globals';
import { type Body, lessonOf, outdatedBy } from './modelFacts.js';

const body: Body = {
  model: 'm',
  max_tokens: 32_000,
  messages: [],
  temperature: 0.5,
  top_p: 0.9,
  thinking: { type: 'enabled', budget_tokens: 2_000 },
  tool_choice: { type: 'tool', name: 't' },
};

describe('a refusal by the Messages API', () => {
  test.each([
    [
      '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive".',
      { thinking: 'adaptive' },
    ],
    ["'claude-3-5-haiku' does not support thinking", { thinking: 'none' }],
    ['thinking: Extra inputs are not permitted', { thinking: 'none' }],
    ['`temperature` is deprecated for this model.', { temperature: 'none' }],
    ['`temperature` and `top_p` cannot both be specified for this model.', { temperature: 'none' }],
    ['`top_p` is deprecated for this model.', { topP: 'none' }],
    ['max_tokens: 32000 > 8192, which is the maximum allowed number of output tokens', { maxTokens: 8_192 }],
    ['Invalid max_tokens value, the valid range of max_tokens is [1, 8192]', { maxTokens: 8_192 }],
    ['tool_choice: type "tool" is not supported for this model', { toolChoice: 'auto' }],
    ['system.0.cache_control: Extra inputs are not permitted', { cache: 'none' }],
  ])('teaches what the model does not take: %s', (message, facts) => {
    expect(lessonOf({ status: 400, message }, body)).toEqual({ facts, lasting: true });
  });

  test.each([
    ['messages.1.content.0: Invalid `signature` in `thinking` block', { thinking: 'none' }],
    ['messages.1: Expected `thinking` or `redacted_thinking`, but found `tool_use`', { thinking: 'none' }],
    [
      'input length and `max_tokens` exceed context limit: 190000 + 32000 > 200000, decrease them',
      { maxTokens: 10_000 },
    ],
  ])('about one prompt teaches nothing for later ones: %s', (message, facts) => {
    expect(lessonOf({ status: 400, message }, body)).toEqual({ facts, lasting: false });
  });

  test.each([
    [400, 'prompt is too long: 210000 tokens > 200000 maximum'],
    [400, 'input length and `max_tokens` exceed context limit: 199999 + 32000 > 200000'],
    [400, 'messages: text content blocks must be non-empty'],
    [401, '`temperature` is deprecated'],
    [400, undefined],
  ])('with status %s teaches nothing else: %s', (status, message) => {
    expect(lessonOf({ status, message }, body)).toBeNull();
  });

  test('of something that the request lacks teaches nothing', () => {
    const { temperature: _, thinking: __, ...bare } = body;
    expect(lessonOf({ status: 400, message: '`temperature` is deprecated' }, bare)).toBeNull();
    expect(lessonOf({ status: 400, message: 'thinking is not supported' }, bare)).toBeNull();
  });
});

describe('a fact that was learnt before', () => {
  test('is outdated where the server refuses what was sent because of it', () => {
    const refusal = (message: string) => ({ status: 400, message });
    const known = { thinking: 'adaptive', temperature: 'none', toolChoice: 'auto' } as const;
    expect(outdatedBy(refusal('adaptive thinking is not supported on this model'), known)).toBe('thinking');
    expect(outdatedBy(refusal('tool_choice: type "auto" is not supported'), known)).toBe('toolChoice');
    expect(outdatedBy(refusal('`temperature` is required'), known)).toBeNull();
    expect(outdatedBy(refusal('adaptive thinking is not supported'), { thinking: 'none' })).toBeNull();
  });
});
