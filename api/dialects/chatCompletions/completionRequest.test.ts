import { describe, expect, test } from '@jest/globals';
import { readCompletionRequest } from './completionRequest.js';

const system = (content: string) => ({ role: 'system', content });
const user = (content: unknown) => ({ role: 'user', content });
const assistant = (content: string) => ({ role: 'assistant', content });
const read = (...messages: object[]) => readCompletionRequest({ model: 'm', messages });
const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA', detail: 'auto' } };

describe('a history whose last messages are of the system', () => {
  test('asks for the reply to the message of the user before them, which are instructions', () => {
    const asked = read(system('Be Ada.'), user('A'), assistant('One.'), user('B'), system('Stay in character.'));
    expect(asked).toMatchObject({
      instructions: 'Be Ada.\n\nStay in character.',
      userTexts: ['A', 'B'],
      isAside: false,
      endsWithText: true,
      earlier: [
        { role: 'user', text: 'A' },
        { role: 'assistant', text: 'One.' },
      ],
    });
  });

  test('goes on with the outputs of functions before them', () => {
    const calls = [{ id: 'c1', type: 'function', function: { name: 'look', arguments: '{}' } }];
    const output = { role: 'tool', tool_call_id: 'c1', content: 'sun' };
    const asked = read(user('A'), { role: 'assistant', content: null, tool_calls: calls }, output, system('Be short.'));
    expect(asked).toMatchObject({ isAside: false, endsWithText: false, outputs: [{ callId: 'c1', output: 'sun' }] });
  });

  test.each([
    ['after a reply', [system('Be Ada.'), user('A'), assistant('One.'), system('Summarize.')], 'Be Ada.', ['A']],
    ['alone', [system('Summarize.')], null, []],
  ])('asks beside the conversation when they stand %s', (_, messages, instructions, texts) => {
    const asked = read(...messages);
    expect(asked).toMatchObject({ instructions, userTexts: [...texts, 'Summarize.'], isAside: true });
  });

  test('is refused when a reply is the last message', () => {
    expect(() => read(user('A'), assistant('One.'))).toThrow('the last message must be of the user or of a tool');
  });
});

describe('a message of images alone', () => {
  test('has notes of them as its text, also when it comes again with a later message', () => {
    const first = read(user([image, image]));
    expect(first.userTexts).toEqual(['[image: an image]\n[image: an image]']);
    expect(first.images).toHaveLength(2);
    const later = read(user([image, image]), assistant('Two cats.'), user([{ type: 'text', text: 'Which is older?' }]));
    expect(later.userTexts).toEqual([first.userTexts[0], 'Which is older?']);
    expect(later.images).toEqual([]);
  });

  test('is refused when it has neither text nor image', () => {
    expect(() => read(user([]))).toThrow('the text is empty');
  });
});

test.each([
  [
    'LibreChat',
    { user: '66f0c2', stream: true, presence_penalty: 0, frequency_penalty: 0, stop: null, max_tokens: null, n: 1 },
  ],
  [
    'Open WebUI',
    {
      stream: true,
      stream_options: { include_usage: true },
      chat_id: 'b1e9',
      session_id: 's1',
      features: { web_search: false },
      metadata: { task: null, files: null },
    },
  ],
  [
    'SillyTavern',
    {
      stream: true,
      temperature: 1.15,
      max_tokens: 300,
      top_p: 0.9,
      top_k: 0,
      min_p: 0.05,
      logit_bias: {},
      logprobs: 0,
      stop: ['\nUser:'],
      chat_completion_source: 'custom',
      reasoning_effort: 'medium',
    },
  ],
])('the fields of requests by %s are taken', (_, fields) => {
  const asked = readCompletionRequest({ model: 'm', messages: [system('Be short.'), user('Hello')], ...fields });
  expect(asked).toMatchObject({ stream: true, userTexts: ['Hello'], instructions: 'Be short.', isAside: false });
});
