import { describe, expect, test } from '@jest/globals';
import { continuedText, continuePrompt } from './continueReply.js';

describe('a reply that goes on from an earlier version', () => {
  test('begins with the text of that, and words are parted by a blank', () => {
    expect(continuedText('She went')).toBe('She went ');
    expect(continuedText('She went.\n\n')).toBe('She went.\n\n');
  });

  test('is asked for with the text as the last reply and a remark to go on', () => {
    const messages = continuePrompt([{ role: 'system' as const, content: 'Be Mira.' }], 'She went');
    expect(messages).toMatchObject([
      { role: 'system', content: 'Be Mira.' },
      { role: 'assistant', content: 'She went' },
      { role: 'user', content: expect.stringContaining('Go on from exactly where it ends') },
    ]);
  });

  test('is asked for with the end of a long text, which never begins within a character', () => {
    const [said] = continuePrompt([], `${'x'.repeat(10)}${'😀'.repeat(12_000)}!`);
    expect(said?.content).toHaveLength(23_999);
    expect(said?.content.startsWith('😀')).toBe(true);
  });
});
