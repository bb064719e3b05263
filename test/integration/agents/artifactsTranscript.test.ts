import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NewEvent } from '../../../domain/log/events.js';
import type { Message } from '../../../domain/timeline/message.js';
import { type AgentChat, newAgentChat } from '../../support/chats/agentChats.js';
import { tellStory } from '../../support/chats/timeline.js';
import { startTestApi, type TestApi } from '../../support/service/api.js';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

const messagesOf = async (chat: AgentChat) =>
  (await api.client.send<{ items: Message[] }>('GET', `${chat.path}/messages`)).body.items;

/** What an agent's turn appends beside its reply. */
const doings: NewEvent[] = [
  { kind: 'tool_call_start', data: { id: 'call_1', name: 'calculate', arguments: { expression: '6*7' } } },
  { kind: 'tool_call_end', data: { id: 'call_1', name: 'calculate', result: '42', success: true } },
  { kind: 'subagent_task_start', data: { task: 'look it up', modelId: 'small' } },
  { kind: 'citations', data: { citations: [{ url: 'https://example.org/a' }] } },
  { kind: 'planning_artifact', data: { planningArtifact: { title: 'The way there' } } },
  { kind: 'reasoning', data: { reasoning: 'Six times seven.' } },
  {
    kind: 'subagent_task_end',
    data: { task: 'look it up', status: 'done', promptTokens: 9, completionTokens: 3, llmCallCount: 1 },
  },
];

const shown = {
  toolCalls: [{ id: 'call_1', name: 'calculate', arguments: { expression: '6*7' }, result: '42', success: true }],
  citations: [{ url: 'https://example.org/a' }],
  planningArtifacts: [{ title: 'The way there' }],
  reasoning: 'Six times seven.',
  subagents: {
    calls: { 'look it up': [] },
    status: { 'look it up': 'done' },
    models: { 'look it up': 'small' },
    tokenUsage: { 'look it up': { promptTokens: 9, completionTokens: 3, llmCallCount: 1 } },
  },
};

async function newTold() {
  const chat = await newAgentChat(api.client);
  return { chat, story: tellStory(api.database.pool, { chatId: chat.id, hostId: 'agent' }) };
}

describe('the transcript of an agent’s chat', () => {
  it('shows with a reply its calls, citations, planning and reasoning', async () => {
    const { chat, story } = await newTold();
    const turnId = await story.say('What is it?', '42.');
    await story.append(turnId, 'tool:call_1', ...doings);
    await story.say('Sure?', 'Sure.');
    const messages = await messagesOf(chat);
    expect(messages.map(({ role, content }) => [role, content])).toEqual([
      ['user', 'What is it?'],
      ['assistant', '42.'],
      ['user', 'Sure?'],
      ['assistant', 'Sure.'],
    ]);
    expect(messages[1]).toMatchObject({ ...shown, modelId: 'test', messageId: `${turnId}:0` });
    for (const message of [messages[0], messages[2], messages[3]]) {
      for (const field of Object.keys(shown)) expect(message).not.toHaveProperty(field);
    }
  });

  it('shows artifacts of a client with the last reply before them', async () => {
    const { chat, story } = await newTold();
    await story.say('One', '1');
    await chat.append('citations', { citations: ['of 1'] });
    await story.say('Two', '2');
    await chat.append('reasoning', { reasoning: 'of 2' });
    const messages = await messagesOf(chat);
    expect(messages.map(({ citations, reasoning }) => citations ?? reasoning)).toEqual([
      undefined,
      ['of 1'],
      undefined,
      'of 2',
    ]);
  });

  it('shows with each version its own activity, also after it is activated again', async () => {
    const { chat, story } = await newTold();
    const first = await story.say('What is it?', '42.');
    await story.append(first, 'tool:call_1', ...doings);
    const before = await messagesOf(chat);
    const second = await story.sayAgain(first, '43.');
    expect((await messagesOf(chat))[1]).not.toHaveProperty('toolCalls');
    await api.client.send('POST', `/v1/turns/${second}/versions/${first}/activate`);
    expect(await messagesOf(chat)).toEqual(before);
  });

  it('is the same in a fork, and after a rewind that was undone', async () => {
    const { chat, story } = await newTold();
    const turnId = await story.say('What is it?', '42.');
    await story.append(turnId, 'tool:call_1', ...doings);
    await chat.append('citations', { citations: ['later'] });
    const before = await messagesOf(chat);
    expect(before[1]?.citations).toEqual([...shown.citations, 'later']);
    const fork = await chat.fork((await chat.log()).length);
    const withoutIds = (messages: Message[]) => messages.map(({ id: _, messageId: __, ...message }) => message);
    expect(withoutIds(await messagesOf(fork))).toEqual(withoutIds(before));
    await chat.rewind(1);
    expect(await messagesOf(chat)).toEqual([]);
    await chat.undo();
    expect(await messagesOf(chat)).toEqual(before);
  });
});
