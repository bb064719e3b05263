import { describe, expect, test } from '@jest/globals';
import { calls, context } from '../../test/support/chats/classifierTurn.js';
import { classifiers } from './index.js';
import { toMessages } from './question.js';

/** One token a word and a cut: exact, and independent of any model's vocabulary. */
const countTokens = (text: string) => text.split(/\s+/).filter(Boolean).length;
const words = (word: string, times: number) => `${word} `.repeat(times).trim();
const cost = (messages: { content: string }[]) => messages.reduce((sum, { content }) => sum + countTokens(content), 0);
const limits = { hard: 1_000, countTokens };

describe('a question to a classifier', () => {
  test('is sent unchanged within its limit', () => {
    const question = { task: 'Decide.', about: ['one', { text: 'two', keep: 'end' as const }] };
    expect(toMessages(question, limits)).toEqual(toMessages(question));
  });

  test('is not counted where it fits whatever its tokens are', () => {
    const question = { task: 'Decide.', about: ['one', 'two'] };
    const counted = () => {
      throw new Error('it was counted');
    };
    expect(toMessages(question, { hard: 100, countTokens: counted })).toEqual(toMessages(question));
    expect(() => toMessages(question, { hard: 50, countTokens: counted })).toThrow('it was counted');
  });

  test('beyond its limit loses the least valuable parts first, and nothing of the instructions', () => {
    const about = [words('first', 900), words('second', 900), words('last', 400)];
    const messages = toMessages({ task: words('task', 100), about }, limits);
    expect(cost(messages)).toBeLessThanOrEqual(1_000);
    expect(messages[0]?.content).toBe(words('task', 100));
    const shown = messages[1]?.content ?? '';
    expect(shown).toContain(words('last', 400));
    expect(shown.match(/first/g)?.length).toBeLessThan(shown.match(/second/g)?.length ?? 0);
  });

  test('keeps the end of texts that are judged by their end, and the beginning of all others', () => {
    const text = `begin ${words('middle', 3_000)} end`;
    const [, whole] = toMessages({ task: '', about: [text] }, limits);
    expect(whole?.content).toMatch(/^begin middle[\s\S]*middle…$/);
    const [, late] = toMessages({ task: '', about: [{ text, keep: 'end' }] }, limits);
    expect(late?.content).toMatch(/^… ?middle[\s\S]*middle end$/);
    expect(late?.content.length).toBeGreaterThan(5_000);
  });

  test.each(Object.values(calls))('of $name keeps to the limit for texts of any length', (call) => {
    const long = words('word', 40_000);
    const line = { speakerId: 'you', text: long };
    const turn = {
      ...context,
      prose: long,
      beats: context.beats.map((beat) => ({ ...beat, text: long })),
      dialogue: Array(20).fill(line),
      sceneBeats: Array(200).fill(line),
      storyEvents: Array.from({ length: 100 }, (_, n) => ({
        eventId: `evt_${n}`,
        title: long,
        description: long,
        status: 'active' as const,
      })),
    };
    expect(cost(classifiers[call.name].messages(turn, call, limits))).toBeLessThanOrEqual(limits.hard);
    expect(cost(classifiers[call.name].messages(turn, call))).toBeGreaterThan(limits.hard);
  });
});
