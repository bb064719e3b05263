import { describe, expect, test } from '@jest/globals';
import { fitAttachments, IMAGE_TOKENS, imageTokens, type PromptAttachment } from './promptAttachments.js';

/** One token a character. */
const limits = (hard: number, soft = hard) => ({ hard, soft, countTokens: (text: string) => text.length });
const image = (id: string, bytes = 100): PromptAttachment => ({ id, mediaType: 'image/png', bytes, name: `${id}.png` });
const file = (id: string, text: string): PromptAttachment => ({
  id,
  mediaType: 'text/plain',
  bytes: text.length,
  name: `${id}.txt`,
  text,
});
const shown = (parts: ReturnType<typeof fitAttachments>['parts']) =>
  parts.map((line) => line.map((part) => (part.type === 'image' ? part.id : part.text)));

describe('the attachments of a prompt', () => {
  test('are all kept where they fit, and images of earlier lines are marked as past', () => {
    const { parts, limits: rest } = fitAttachments(
      [[image('a')], undefined, [image('b'), file('c', 'See.')]],
      limits(9_000),
    );
    expect(shown(parts)).toEqual([['a'], [], ['b', 'File c.txt:\nSee.']]);
    expect(parts.flat().map((part) => part.type === 'image' && part.past)).toEqual([true, false, false]);
    expect(rest.hard).toBeLessThanOrEqual(9_000 - 2 * IMAGE_TOKENS);
    expect(imageTokens([{ attached: parts[0] }, { attached: parts[2] }, {}])).toBe(2 * IMAGE_TOKENS);
  });

  test('leave the limits as they are where there are none', () => {
    const given = limits(1_000);
    expect(fitAttachments([undefined, []], given)).toEqual({ parts: [[], []], limits: given });
  });

  test('lose the images of the oldest lines first, with a note in their place', () => {
    const { parts } = fitAttachments([[image('a')], [image('b')], [image('c')]], limits(3_000));
    expect(shown(parts)).toEqual([['[image: a.png]'], ['b'], ['c']]);
  });

  test('of earlier lines take no more than the soft limit has room for', () => {
    const { parts } = fitAttachments([[image('a')], [image('b')], [image('c')]], limits(60_000, 2_600));
    expect(shown(parts)).toEqual([['[image: a.png]'], ['b'], ['c']]);
  });

  test('have no more images than bytes allow', () => {
    const large = 9 * 1024 * 1024;
    const { parts } = fitAttachments([[image('a', large)], [image('b', large), image('c', large)]], limits(100_000));
    expect(shown(parts)).toEqual([['[image: a.png]'], ['b', 'c']]);
  });

  test('cut a long file of the line that is answered, and leave out a long file of an earlier one', () => {
    const long = 'word '.repeat(2_000);
    const { parts, limits: rest } = fitAttachments(
      [[file('a', long)], [file('b', long), file('c', 'short')]],
      limits(1_200),
    );
    const [[first], [second, third]] = shown(parts) as [string[], string[]];
    expect(first).toBe('[file: a.txt]');
    expect(second).toMatch(/^File b\.txt:\nword .*…$/s);
    expect(second!.length).toBeLessThan(600);
    expect(third).toBe('File c.txt:\nshort');
    expect(rest.hard).toBeGreaterThanOrEqual(200);
  });

  test('are replaced by a note where a file was not read', () => {
    const { text: _, ...unread } = file('a', 'x');
    expect(shown(fitAttachments([[unread]], limits(1_000)).parts)).toEqual([['[file: a.txt]']]);
  });

  test('never exceed five sixths of the hard limit, whatever they are', () => {
    const lines = Array.from({ length: 200 }, (_, n) => [image(`i${n}`), file(`f${n}`, 'text '.repeat(n))]);
    for (const hard of [0, 10, 500, 4_000, 12_000, 200_000]) {
      const { limits: rest } = fitAttachments(lines, limits(hard, hard / 2));
      expect(rest.hard).toBeGreaterThanOrEqual(Math.floor(hard / 6));
    }
  });
});
