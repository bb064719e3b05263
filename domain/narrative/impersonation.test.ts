import { expect, test } from '@jest/globals';
import { type ImpersonationInput, impersonationNames, impersonationPrompt } from './impersonation.js';

const limits = { soft: 6_000, hard: 12_000, countTokens: (text: string) => Math.ceil(text.length / 4) };
const you = { id: 'you', name: 'Robin', persona: 'A traveller who is short of words.' };
const host = { id: 'chr_h', name: 'Mira', persona: 'Keeps the lighthouse.' };
const dialogue = [
  { speakerId: 'you', text: 'Good evening.' },
  { speakerId: 'chr_h', text: 'Shut the door.' },
];
const narrative: ImpersonationInput = {
  kind: 'narrative',
  hint: '',
  you,
  host,
  guest: null,
  dialogue,
  scene: { container: 'The lamp room' },
  edges: [],
  storyEvents: [],
  remembered: [
    {
      ...{ text: 'Robin broke the lamp.', witnesses: ['chr_h'], sceneId: null, chatClock: 3, significance: 2 },
      ...{ pinned: false, writtenSeq: 4 },
    },
  ],
};
const agent: ImpersonationInput = { kind: 'agent', hint: '', you, instructions: 'Answer in rhymes.', dialogue };
const contents = (input: ImpersonationInput, hard = limits.hard) =>
  impersonationPrompt(input, { ...limits, hard }).map(({ role, content }) => `${role}: ${content}`);

test("the model plays the user's character, and sees the others' lines as those that it answers", () => {
  const [system = '', ...rest] = contents(narrative);
  expect(system).toContain('You are Robin in a role-play with Mira.');
  expect(system).toContain('Robin: A traveller who is short of words.');
  expect(system).toContain('The scene: The lamp room');
  expect(system).toContain('Mira is present. Keeps the lighthouse.');
  expect(system).toContain('Robin broke the lamp.');
  expect(rest).toEqual([
    'assistant: Good evening.',
    'user: Shut the door.',
    'system: Write the next message of Robin now, without a name before it.',
  ]);
});

test('with a guest the lines of both characters begin with their names', () => {
  const guest = { id: 'chr_g', name: 'Brann', persona: '' };
  const lines = contents({ ...narrative, guest, dialogue: [...dialogue, { speakerId: 'chr_g', text: 'Quick!' }] });
  expect(lines).toContain('user: Mira: Shut the door.');
  expect(lines).toContain('user: Brann: Quick!');
});

test('what the user attached follows the line of the user, in a message to the model', () => {
  const image = { id: 'att_1', mediaType: 'image/png', bytes: 10, name: 'lamp.png' };
  const file = { id: 'att_2', mediaType: 'text/plain', bytes: 4, name: 'a.txt', text: 'LAMP' };
  const attachments = [image, file];
  for (const input of [narrative, agent]) {
    const messages = impersonationPrompt(
      { ...input, dialogue: [{ ...dialogue[0]!, attachments }, dialogue[1]!] },
      limits,
    );
    expect(messages.slice(1, 4)).toEqual([
      { role: 'assistant', content: 'Good evening.' },
      {
        role: 'user',
        content: '(attached to the message before this)',
        attached: [
          { type: 'image', id: 'att_1', mediaType: 'image/png', name: 'lamp.png', past: true },
          { type: 'text', text: expect.stringContaining('LAMP') },
        ],
      },
      { role: 'user', content: expect.stringContaining('Shut the door.') },
    ]);
  }
});

test('a hint is the last thing that the model reads', () => {
  expect(contents({ ...narrative, hint: ' Ask for the key. ' }).at(-1)).toBe(
    "system: Write the next message of Robin now, without a name before it. It should say this, in Robin's own words: Ask for the key.",
  );
});

test("with an assistant the model writes as the person, and knows the assistant's instructions", () => {
  const [system = '', ...rest] = contents(agent);
  expect(system).toContain('You are a person who talks with an AI assistant.');
  expect(system).toContain('The assistant has these instructions:\nAnswer in rhymes.');
  expect(system).not.toContain('affinity');
  expect(rest.at(-1)).toBe('system: Write the next message of the person now, without a name before it.');
});

test('the prompt fits the hard limit, whatever is in the chat', () => {
  const long = 'A long tale. '.repeat(8_000);
  const input = {
    ...narrative,
    hint: long.slice(0, 4_000),
    dialogue: Array(20).fill({ speakerId: 'chr_h', text: long }),
  };
  const tokens = contents({ ...input, you: { ...you, persona: long } }, 3_000).join('\n').length / 4;
  expect(tokens).toBeLessThanOrEqual(3_000);
});

test('the prompt fits the hard limit with attachments at every line', () => {
  const file = (n: number) => ({
    id: `att_${n}`,
    mediaType: 'text/plain',
    bytes: 400,
    name: 'a',
    text: 'w'.repeat(400),
  });
  const lines = Array.from({ length: 20 }, (_, n) => ({
    speakerId: 'you',
    text: 'Look at this.',
    attachments: [file(n)],
  }));
  const messages = impersonationPrompt({ ...narrative, dialogue: lines }, { ...limits, soft: 2_400, hard: 2_400 });
  const texts = messages.flatMap(({ content, attached = [] }) => [
    content,
    ...attached.flatMap((part) => (part.type === 'text' ? [part.text] : [])),
  ]);
  expect(texts.filter((text) => text.includes('wwww')).length).toBeGreaterThan(3);
  expect(texts.reduce((sum, text) => sum + limits.countTokens(text) + 6, 0)).toBeLessThanOrEqual(2_400);
});

test("the user's own name before the answer is dropped, and lines of the others end it", () => {
  const { own, others } = impersonationNames(narrative);
  expect(own).toEqual(expect.arrayContaining(['Robin', 'You', '{{user}}']));
  expect(others).toEqual(['Mira']);
  expect(impersonationNames(agent).others).toEqual(['assistant']);
});
