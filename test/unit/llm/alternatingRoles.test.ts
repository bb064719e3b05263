import { describe, expect, test } from '@jest/globals';
import { agentPrompt } from '../../../domain/agents/agentPrompt.js';
import type { ChatMessage } from '../../../domain/agents/chatMessage.js';
import { documentPrompt } from '../../../domain/documents/documentPrompt.js';
import { narrativePrompt, type PromptInput } from '../../../domain/narrative/prompt.js';
import { createChatCompletions } from '../../../llm/chatCompletions/chatCompletions.js';
import { toChatMessages } from '../../../llm/outgoing/chatMessages.js';
import { collectReply } from '../../support/provider/collectReply.js';
import { startScriptedProvider } from '../../support/provider/scriptedProvider.js';
import { breachOfRoles } from '../../support/provider/strict/strictRoles.js';

const limits = { soft: 6_000, hard: 12_000, countTokens: (text: string) => Math.ceil(text.length / 4) };
const mira = { id: 'chr_m', name: 'Mira', persona: 'Keeps the lighthouse.' };
const brann = { id: 'chr_b', name: 'Brann', persona: 'Smuggles brandy.' };
const of = (speakerId: string, text: string) => ({ speakerId, text });
const you = (text: string) => of('you', text);

const scene = (more: Partial<PromptInput>): ChatMessage[] =>
  narrativePrompt(
    {
      speakerId: mira.id,
      beat: 0,
      userTurnSeq: 100,
      you: { id: 'you', name: 'Robin', persona: '' },
      host: mira,
      guest: null,
      prose: 'Hello?',
      beats: [],
      dialogue: [],
      scene: null,
      edges: [],
      storyEvents: [],
      remembered: [],
      closedScenes: [],
      ...more,
    },
    limits,
  );
const agent = (history: { role: 'user' | 'assistant'; text: string }[]): ChatMessage[] =>
  agentPrompt({ systemPrompt: 'Be brief.', history, prose: 'And now?', iterations: [] }, limits);

const guestLines = [you('Who is there?'), of(mira.id, 'The keeper.'), you('And you?'), of(brann.id, 'A guest.')];

describe('a server that requires alternating roles takes the prompt', () => {
  test.each<[string, ChatMessage[], string[]]>([
    [
      'of a host whose guest spoke last',
      scene({ guest: brann, dialogue: guestLines }),
      ['Brann: A guest.', 'Robin: Hello?'],
    ],
    [
      'of a guest',
      scene({ guest: brann, speakerId: brann.id, dialogue: guestLines }),
      ['Robin: Who is there?', 'Mira: The keeper.', 'A guest.'],
    ],
    [
      'of an interjection',
      scene({ guest: brann, speakerId: brann.id, beat: 1, beats: [of(mira.id, 'Yes.')] }),
      ['Mira: Yes.'],
    ],
    ['of a first turn that is all out of character', scene({ prose: '' }), ['Robin says nothing in the story now.']],
    [
      'after a turn that was all out of character',
      scene({ dialogue: [of(mira.id, 'She waits.')] }),
      ['She waits.', 'Hello?'],
    ],
    [
      'of a later turn that is all out of character',
      scene({ prose: '', dialogue: [you('Hello.'), of(mira.id, 'Yes?')] }),
      ['Hello.', 'Yes?', 'Go on with the scene as Mira.'],
    ],
    [
      'after turns without a reply',
      scene({ dialogue: [you('Anybody?'), you('Anybody at all?'), you('Please.')] }),
      ['Anybody?', 'Anybody at all?', 'Please.', 'Hello?'],
    ],
    [
      'of an agent after a turn without a reply',
      agent([
        { role: 'user', text: 'First.' },
        { role: 'user', text: 'Second.' },
        { role: 'assistant', text: 'Answer.' },
      ]),
      ['First.', 'Second.', 'Answer.', 'And now?'],
    ],
    [
      'of an agent whose oldest kept message is a reply',
      agent([{ role: 'assistant', text: 'Answer.' }]),
      ['Answer.', 'And now?'],
    ],
    [
      'about a document after a turn without a reply',
      documentPrompt(
        {
          document: { title: 'T', body: 'A cat.' },
          anchor: null,
          history: [{ role: 'user', text: 'Shorter?', quote: null }],
          line: { role: 'user', text: 'Longer?', quote: 'cat' },
        },
        limits,
      ),
      ['A cat.', 'Shorter?', 'Longer?'],
    ],
  ])('%s', (_, messages, texts) => {
    const sent = toChatMessages(messages, { rules: { alternateRoles: true } });
    expect(breachOfRoles(sent)).toBeNull();
    const contents = sent.map(({ content }) => content).join('\n');
    for (const text of texts) expect(contents).toContain(text);
  });
});

test('messages are sent as they are to a server that does not require alternating roles', async () => {
  const server = await startScriptedProvider();
  try {
    const provider = createChatCompletions({ baseUrl: server.baseUrl, apiKey: undefined });
    const messages = scene({ dialogue: [you('Anybody?'), you('Please.')] });
    await collectReply(provider, { request: { model: 'm', messages, requestId: 'turn_1/reply:0/1' } });
    expect(server.requests.at(-1)?.body.messages).toEqual(messages);
  } finally {
    await server.close();
  }
});
