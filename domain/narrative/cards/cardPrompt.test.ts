import { describe, expect, test } from '@jest/globals';
import { narrativePrompt, type PromptInput } from '../prompt.js';
import { cardData } from './cardData.js';
import type { SpeakerCard } from './speakerCard.js';

const countTokens = (text: string) => Math.ceil(text.length / 4);
const limits = { soft: 2_000, hard: 4_000, countTokens };

const card: SpeakerCard = { systemPrompt: '', postHistoryInstructions: '', examples: '', book: null };
const input: PromptInput = {
  speakerId: 'chr_m',
  beat: 0,
  userTurnSeq: 9,
  you: { id: 'you', name: 'Robin', persona: '' },
  host: { id: 'chr_m', name: 'Mira', persona: 'Keeps the lighthouse.' },
  guest: null,
  prose: 'Is the lamp lit?',
  beats: [],
  dialogue: [{ speakerId: 'you', text: 'Good evening.' }],
  scene: null,
  edges: [],
  storyEvents: [],
  remembered: [],
  closedScenes: [],
};
const prompt = (fields: Partial<SpeakerCard>, more: Partial<PromptInput> = {}) =>
  narrativePrompt({ ...input, ...more, card: { ...card, ...fields } }, limits);
const own = 'You are Mira in a role-play with Robin. Answer as Mira, and only as Mira.';
const bookOf = (...entries: object[]) => cardData.parse({ name: 'Mira', character_book: { entries } }).character_book!;

describe('the prompt of a character with a card', () => {
  test('without texts of its own is that of a character without a card', () => {
    expect(prompt({})).toEqual(narrativePrompt(input, limits));
  });

  test('has the system prompt of the card in place of the usual one', () => {
    expect(prompt({ systemPrompt: 'Write as {{char}} to {{user}}.' })[0]?.content).toMatch(
      /^Write as Mira to Robin\.\n\nMira: /,
    );
  });

  test('has the usual system prompt where the card asks for it', () => {
    expect(prompt({ systemPrompt: '{{original}} Be terse.' })[0]?.content).toContain(`${own} Be terse.`);
  });

  test('keeps the instruction of an interjection', () => {
    const beats = [{ speakerId: 'chr_t', text: 'Yes.' }];
    const guest = { id: 'chr_t', name: 'Tomas', persona: '' };
    const [system] = prompt({ systemPrompt: 'Be terse.' }, { beat: 1, guest, beats });
    expect(system?.content).toMatch(/^Be terse\.\n\nYou are Mira.*cuts in now/s);
  });

  test('ends with the instruction after the history', () => {
    const messages = prompt({ postHistoryInstructions: '{{original}} Stay brief, {{char}}.' });
    expect(messages.at(-2)).toEqual({ role: 'user', content: 'Is the lamp lit?' });
    expect(messages.at(-1)).toEqual({ role: 'system', content: 'Stay brief, Mira.' });
  });

  test('has the lore that the last lines call for, around the persona, with names in place of macros', () => {
    const book = bookOf(
      { keys: ['lamp'], content: '{{char}} lights it.', position: 'before_char' },
      { keys: ['{{user}}'], content: 'Not called.' },
      { keys: ['evening'], content: 'The sun is down.' },
    );
    expect(prompt({ book })[0]?.content).toContain(
      `${own}\n\nMira lights it.\n\nMira: Keeps the lighthouse.\n\nThe sun is down.`,
    );
  });

  test('has example dialogue, in whole parts', () => {
    const examples = '<START>\n{{user}}: Hello?\n{{char}}: Come in.\n<start>\n{{char}}: Mind the step.';
    expect(prompt({ examples })[0]?.content).toMatch(
      /not part of the story:\n\nRobin: Hello\?\nMira: Come in\.\n\nMira: Mind the step\.$/,
    );
  });

  test('gives up example dialogue first, and keeps memories and lines when the lorebook is large', () => {
    const dialogue = Array.from({ length: 20 }, (_, n) => ({ speakerId: 'you', text: `line ${n} ${'d'.repeat(800)}` }));
    const book = bookOf(
      ...Array.from({ length: 50 }, (_, n) => ({ constant: true, content: `lore ${n} ${'l'.repeat(400)}` })),
    );
    const messages = prompt({ examples: `<START>${'e'.repeat(400)}`, book }, { dialogue });
    const text = JSON.stringify(messages);
    expect(text).not.toContain('eeee');
    expect(text.match(/lore \d+/g)?.length).toBeGreaterThan(3);
    expect(text.match(/line \d+/g)?.length).toBeGreaterThan(3);
    expect(messages.reduce((sum, { content }) => sum + countTokens(content), 0)).toBeLessThanOrEqual(limits.soft);
  });

  test('stays within the hard limit, however long the texts of the card are', () => {
    const long = 'x '.repeat(100_000);
    const messages = prompt({
      systemPrompt: long,
      postHistoryInstructions: long,
      examples: long,
      book: bookOf({ constant: true, content: long }),
    });
    expect(messages.reduce((sum, { content }) => sum + countTokens(content), 0)).toBeLessThanOrEqual(limits.hard);
    expect(messages.at(-2)?.content).toBe('Is the lamp lit?');
  });
});
