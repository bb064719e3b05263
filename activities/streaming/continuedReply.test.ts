import { describe, expect, test } from '@jest/globals';
import { continueVersion } from './continuedReply.js';
import type { ModelRequest } from './streamedStep.js';

const messages = [{ role: 'user' as const, content: 'Where did she go?' }];
const asked: ModelRequest = {
  provider: {} as ModelRequest['provider'],
  request: { model: 'm', messages },
  continued: 'She went to',
};
const nothing = { from: 'nothing' } as const;

describe('a reply that goes on from an earlier version', () => {
  test('is asked for with the text as its beginning where the provider continues messages', () => {
    expect(continueVersion(asked, nothing, true)).toEqual({
      kept: { text: 'She went to', thinking: '', inEpoch: false },
      request: { messages, continueFrom: 'She went to' },
    });
  });

  test('is asked for with a remark to go on elsewhere, and its draft begins with the text and a blank', () => {
    const continued = continueVersion(asked, nothing, false);
    expect(continued?.kept.text).toBe('She went to ');
    expect(continued?.request.continueFrom).toBeUndefined();
    expect(continued?.request.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
  });

  test('goes on from what earlier attempts have added, where the provider continues messages', () => {
    const point = { from: 'prefix', prefix: { text: 'She went to the har', thinking: '' } } as const;
    const continued = continueVersion(asked, point, true);
    expect(continued?.request.continueFrom).toBe('She went to the har');
    expect(continued?.kept.text).toBe('She went to');
  });

  test('is what every other reply is not', () => {
    const { continued: _, ...other } = asked;
    expect(continueVersion(other, nothing, true)).toBeNull();
  });
});
