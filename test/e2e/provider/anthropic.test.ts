import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Chat } from '../../../client/src/index.js';
import {
  type AnthropicReply,
  type AnthropicRequest,
  blockSteps,
  type ScriptedAnthropic,
  saying,
  startScriptedAnthropic,
  streamed,
} from '../../support/provider/scriptedAnthropic.js';
import { type Service, startService } from '../../support/service/service.js';
import { until } from '../../support/until.js';

let provider: ScriptedAnthropic;
let service: Service;
beforeAll(async () => {
  provider = await startScriptedAnthropic();
  service = await startService({
    env: {
      OPENAI_BASE_URL: provider.baseUrl,
      OPENAI_API_KEY: 'sk-ant',
      PROVIDER_API: 'anthropic',
      NARRATIVE_MODEL: 'claude-narrative',
      CLASSIFIER_MODEL: 'claude-classifier',
      STUCK_RETRY_INITIAL_MS: '50',
    },
  });
}, 180_000);
afterAll(async () => {
  await provider?.close();
  await service?.dispose();
}, 60_000);
afterEach(() => {
  // No request of any test breaks a rule of the API.
  expect(provider.requests.filter(({ refused }) => refused).map(({ refused }) => refused)).toEqual([]);
  provider.unscript();
  provider.requests.length = 0;
});

const newChat = async (body: object) => (await service.client.send<Chat>('POST', '/v1/chats', body)).body;

async function newNarrative({ withGuest = false } = {}) {
  const { id: hostId } = await service.client.createCharacter('Mira');
  const { id: guestId } = await service.client.createCharacter('Tomas');
  const chat = await newChat({
    kind: 'narrative',
    hostId,
    ...(withGuest ? { guestId } : {}),
    scene: { container: 'the lamp room' },
  });
  return { chat, hostId, guestId };
}

async function play(chatId: string, text = 'Hello.') {
  const { id } = await service.client.postTurn(chatId, text);
  return service.client.awaitTurnEnd(id);
}

const replies = () => provider.requests.filter(({ body }) => body.stream);
const stepOf = ({ requestId }: AnthropicRequest) => requestId?.split('/')[1] ?? '';
const texts = ({ body }: AnthropicRequest) => JSON.stringify(body.messages);

describe('a narrative turn over the Messages API', () => {
  test('with a guest streams both beats and has all of its classifiers answered by tools', async () => {
    const { chat, hostId, guestId } = await newNarrative({ withGuest: true });
    provider.classify(({ name }) => {
      if (name === 'addressee') return { addresseeId: guestId };
      if (name === 'interjection') return { shouldInterject: true, reason: 'Mira objects.' };
      return name === 'significance' ? { score: 2 } : undefined;
    });
    provider.script(saying('I saw it ', 'too.'), saying('You did not.'), saying('Third ', 'line.'), saying('Fourth.'));
    const turn = await play(chat.id);
    expect(turn).toMatchObject({
      status: 'completed',
      warnings: [],
      usage: { certainty: 'exact' },
      beats: [
        { speakerId: guestId, text: 'I saw it too.', truncated: false },
        { speakerId: hostId, text: 'You did not.', truncated: false },
      ],
    });
    expect(turn.steps.filter(({ status }) => status !== 'done')).toEqual([]);
    const classifiers = provider.requests.filter(({ body }) => !body.stream);
    expect(new Set(classifiers.map(({ body }) => body.model))).toEqual(new Set(['claude-classifier']));
    expect(classifiers.map(stepOf).filter((step) => step.startsWith('state_update'))).toHaveLength(12);
    expect(await play(chat.id, '((go on))')).toMatchObject({ status: 'completed' });
    expect(texts(replies().at(-1)!)).toContain('I saw it too.');
  }, 120_000);

  test('is cut by the limit of tokens, and by a refusal, with the text so far', async () => {
    const { chat } = await newNarrative();
    const cut = (stop: string) => streamed([{ type: 'text', text: 'So far' }], { stop });
    provider.script(cut('max_tokens'), cut('refusal'));
    for (const code of ['length', 'content_filter'])
      expect(await play(chat.id)).toMatchObject({
        status: 'completed',
        error: { code },
        beats: [{ text: 'So far', truncated: true }],
      });
    expect(replies()).toHaveLength(2);
  }, 60_000);

  test('is asked for again after an overload, before the stream and within it', async () => {
    const { chat } = await newNarrative();
    const overloaded = { type: 'overloaded_error', message: 'Overloaded' };
    const before: AnthropicReply = { status: 529, body: { type: 'error', error: overloaded } };
    const within: AnthropicReply = {
      steps: [
        ...blockSteps({ type: 'text', text: 'Half a' }, 0),
        { event: { type: 'error', error: overloaded } },
        { end: true },
      ],
    };
    provider.script(before, within, saying('Here.'));
    expect(await play(chat.id)).toMatchObject({ status: 'completed', beats: [{ text: 'Here.', attempt: 3 }] });
  }, 60_000);

  test('that is stopped ends its request and keeps its text', async () => {
    const { chat } = await newNarrative();
    provider.script({ steps: blockSteps({ type: 'text', text: 'So far.' }, 0) });
    const { id } = await service.client.postTurn(chat.id, 'Hello.');
    await until('the text', async () =>
      (await service.client.getTurn(id)).beats[0]?.text === 'So far.' ? true : null,
    );
    await service.client.cancelTurn(id);
    const ended = await service.client.awaitTurnEnd(id);
    expect(ended).toMatchObject({ status: 'cancelled', beats: [{ text: 'So far.', truncated: true }] });
    await replies()[0]?.left;
  }, 60_000);
});

describe('an agent over the Messages API', () => {
  test('reasons, calls two tools in parallel, and sends its reasoning back with its signature', async () => {
    const chat = await newChat({
      kind: 'agent',
      thinkingEnabled: true,
      enabledTools: ['calculate', 'current_time'],
      temperature: 0.3,
    });
    const use = (id: string, name: string, input: object) => ({ type: 'tool_use', id, name, input });
    const thinking = { type: 'thinking', thinking: 'I must count.', signature: 'c2lnbmF0dXJl' };
    const redacted = { type: 'redacted_thinking', data: 'b3BhcXVl' };
    provider.script(
      streamed(
        [
          thinking,
          redacted,
          { type: 'text', text: 'Let me see. ' },
          use('toolu_a', 'calculate', { expression: '6 * 7' }),
          use('toolu_b', 'current_time', {}),
        ],
        { stop: 'tool_use' },
      ),
      saying('It is 42.'),
    );
    expect(await play(chat.id, 'What is six times seven?')).toMatchObject({
      status: 'completed',
      beats: [{ text: 'Let me see. It is 42.' }],
      usage: { llmCallCount: 2, toolCallCount: 2, cachedTokens: 10, certainty: 'exact' },
    });
    const [first, second] = replies();
    expect(first?.body).toMatchObject({ thinking: { type: 'enabled' } });
    expect(first?.body.temperature).toBeUndefined();
    const [, asked, answered] = second?.body.messages ?? [];
    expect(asked?.content.slice(0, 2)).toEqual([thinking, redacted]);
    expect(asked?.content.map(({ type }) => type)).toEqual([
      'thinking',
      'redacted_thinking',
      'text',
      'tool_use',
      'tool_use',
    ]);
    expect(answered?.content).toMatchObject([
      { type: 'tool_result', tool_use_id: 'toolu_a', content: '42' },
      { type: 'tool_result', tool_use_id: 'toolu_b' },
    ]);
    expect(second?.body.thinking).toEqual(first?.body.thinking);
  }, 60_000);
});
