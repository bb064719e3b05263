import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type Memory,
  narrativePrompt,
  type PromptInput,
  type PromptMessage,
} from '../../../domain/narrative/prompt.js';
import { countTokens } from '../../../llm/tokenizer.js';

const you = { id: 'you', name: 'Robin', persona: 'A traveller.' };
const mira = { id: 'chr_m', name: 'Mira', persona: 'Keeps the lighthouse.' };
const brann = { id: 'chr_b', name: 'Brann', persona: 'A smuggler.' };

const plain: PromptInput = {
  speakerId: mira.id,
  beat: 0,
  userTurnSeq: 1_000,
  you,
  host: mira,
  guest: null,
  prose: 'Good evening.',
  beats: [],
  dialogue: [],
  scene: { container: 'The lamp room' },
  edges: [],
  storyEvents: [],
  remembered: [],
  closedScenes: [],
};

/** Texts of the kinds that tokenizers differ on, short and long. */
const someText = fc.oneof(
  { weight: 6, arbitrary: fc.lorem({ maxCount: 60 }) },
  { weight: 2, arbitrary: fc.string({ unit: 'grapheme', maxLength: 200 }) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom('x', ' ', '\n', '((', '漢字', '🦊', '<|endoftext|>', 'ab! ', '.\n\n '), fc.nat(800))
      .map(([unit, n]) => unit.repeat(n)),
  },
  { weight: 1, arbitrary: fc.lorem({ maxCount: 200 }).map((text) => text.repeat(10)) },
);
const speaker = fc.constantFrom('you', mira.id, brann.id, 'chr_gone');
const line = fc.record({ speakerId: speaker, text: someText });
const memory: fc.Arbitrary<Memory> = fc.record({
  text: someText,
  witnesses: fc.subarray([mira.id, brann.id]),
  sceneId: fc.constantFrom('scn_1', 'scn_2', null),
  chatClock: fc.nat(2_000),
  significance: fc.constantFrom(0, 1, 2, 3, null),
  pinned: fc.boolean(),
  writtenSeq: fc.nat(2_000),
});
const person = (id: string) => fc.record({ id: fc.constant(id), name: someText, persona: someText });
const edge = fc.record({
  sourceId: speaker,
  targetId: speaker,
  affinity: fc.nat(100),
  trust: fc.nat(100),
  summary: fc.option(someText),
  knowledgeFacts: fc.array(someText, { maxLength: 4 }),
  lastInteractionAt: fc.constant(null),
});
const input: fc.Arbitrary<PromptInput> = fc.record({
  speakerId: fc.constantFrom(mira.id, brann.id),
  beat: fc.constantFrom(0, 1),
  userTurnSeq: fc.constant(1_000),
  you: person('you'),
  host: person(mira.id),
  guest: fc.option(person(brann.id)),
  prose: someText,
  beats: fc.array(line, { maxLength: 1 }),
  dialogue: fc.array(line, { maxLength: 30 }),
  scene: fc.option(fc.record({ container: someText })),
  edges: fc.array(edge, { maxLength: 6 }),
  storyEvents: fc.array(fc.record({ title: someText, description: someText, status: fc.constant('active') }), {
    maxLength: 3,
  }),
  remembered: fc.array(memory, { maxLength: 30 }),
  closedScenes: fc.array(
    fc.record({
      sceneId: fc.constantFrom('scn_1', 'scn_2'),
      closedSeq: fc.nat(900),
      summaries: fc.record({ [mira.id]: someText, [brann.id]: someText }, { requiredKeys: [] }),
    }),
    { maxLength: 2 },
  ) as fc.Arbitrary<PromptInput['closedScenes']>,
});

/** What a provider counts: the texts, and the marks around each message. */
const tokensOf = (messages: PromptMessage[]) =>
  messages.reduce((sum, { content }) => sum + countTokens(content) + 4, 3);

describe('the budgets of a prompt, by the real tokenizer', () => {
  test('never exceed the hard limit, whatever the texts', () => {
    fc.assert(
      fc.property(
        input,
        fc.integer({ min: 60, max: 4_000 }),
        fc.integer({ min: 10, max: 6_000 }),
        (scene, hard, soft) => {
          expect(tokensOf(narrativePrompt(scene, { soft, hard, countTokens }))).toBeLessThanOrEqual(hard);
        },
      ),
      { numRuns: 60 },
    );
  }, 120_000);

  test('keep the soft limit when the required parts leave room', () => {
    const small = { ...plain, guest: brann };
    const texts = fc.record({
      dialogue: fc.array(line, { maxLength: 30 }),
      remembered: fc.array(memory, { maxLength: 40 }),
    });
    fc.assert(
      fc.property(texts, fc.integer({ min: 1_500, max: 6_000 }), (more, soft) => {
        const messages = narrativePrompt({ ...small, ...more }, { soft, hard: 12_000, countTokens });
        expect(tokensOf(messages)).toBeLessThanOrEqual(soft);
      }),
      { numRuns: 40 },
    );
  }, 120_000);

  test('are kept with a persona and a message of 100 KB each, of any kind of text', () => {
    for (const unit of ['word ', 'x', '漢', '🦊', '\n', ' ']) {
      const persona = unit.repeat(100_000 / unit.length);
      const long = {
        ...plain,
        host: { ...mira, persona },
        prose: `${persona}end`,
        dialogue: [{ speakerId: 'you', text: 'The line before.' }],
      };
      const messages = narrativePrompt(long, { soft: 6_000, hard: 12_000, countTokens });
      expect(tokensOf(messages)).toBeLessThanOrEqual(12_000);
      expect(messages.map(({ role }) => role)).toEqual(['system', 'user', 'user']);
      expect(messages[1]?.content).toBe('The line before.');
    }
  }, 60_000);
});

describe('counting tokens', () => {
  test('reads no character of a text more than once', () => {
    const counted = (length: number) => {
      let characters = 0;
      const persona = 'word '.repeat(length / 5);
      narrativePrompt(
        {
          ...plain,
          host: { ...mira, persona },
          prose: persona,
          dialogue: Array(20).fill({ speakerId: 'you', text: persona }),
        },
        {
          soft: 1_000_000,
          hard: 2_000_000,
          countTokens: (text) => {
            characters += text.length;
            return Math.ceil(text.length / 5);
          },
        },
      );
      return characters;
    };
    expect(counted(200_000)).toBeLessThanOrEqual(23 * 200_000);
    expect(counted(200_000) / counted(100_000)).toBeLessThan(2.1);
  });

  test('ends as soon as a text exceeds its budget', () => {
    let characters = 0;
    const count = (text: string) => {
      characters += text.length;
      return text.length;
    };
    narrativePrompt({ ...plain, prose: 'x'.repeat(1_000_000) }, { soft: 500, hard: 1_000, countTokens: count });
    expect(characters).toBeLessThan(5_000);
  });
});

describe('the tokenizer', () => {
  test('treats special tokens as text', () => {
    expect(countTokens('<|endoftext|>')).toBeGreaterThan(1);
  });

  test('counts words as tokens, and an empty text as none', () => {
    expect(countTokens('')).toBe(0);
    expect(countTokens('The storm is coming in.')).toBe(6);
  });

  test('counts a long text as the sum of its parts, and little more', () => {
    const sentence = 'She sets the lantern down between you, and the light climbs the wall. ';
    const one = countTokens(sentence);
    const many = countTokens(sentence.repeat(2_000));
    expect(many).toBeGreaterThanOrEqual((one - 1) * 2_000);
    expect(many).toBeLessThanOrEqual((one + 1) * 2_000);
  });
});
