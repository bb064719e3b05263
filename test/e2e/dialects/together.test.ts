import { HttpAgent } from '@ag-ui/client';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import OpenAI from 'openai';
import { WebSocket } from 'ws';
import { createClient, createTurnStore, type TurnStore } from '../../../client/src/index.js';
import { createStockChat, type StockChat, textOf } from '../../support/dialects/stockChat.js';
import { ending } from '../../support/provider/scriptedReply.js';
import { type ScriptedService, startScriptedService } from '../../support/service/scriptedService.js';
import { until } from '../../support/until.js';

let world: ScriptedService;
let openai: OpenAI;
let leaves: (() => void)[] = [];
beforeAll(async () => {
  world = await startScriptedService();
  openai = new OpenAI({ baseURL: `${world.service.api}/openai/v1`, apiKey: 'none' });
}, 180_000);
afterAll(() => world?.dispose(), 60_000);
afterEach(() => {
  for (const leave of leaves) leave();
  leaves = [];
  world.provider.unscript();
});

/** Someone who reads a chat, and what the last reply is for them. */
type Reader = { name: string; last(): string };

function ownReader(chatId: string, name: string, transport: typeof WebSocket | null): Reader {
  const store: TurnStore = createTurnStore(createClient({ baseUrl: world.service.api, WebSocket: transport }), chatId);
  leaves.push(store.subscribe(() => undefined));
  return {
    name,
    last() {
      const { messages, drafts } = store.getSnapshot();
      return [...messages, ...drafts].at(-1)?.text ?? '';
    },
  };
}

/** A page that comes to the chat by its own id, while a reply is written. */
function aiSdkReader(chatId: string, version: 5 | 6 | 7): Reader & { done: Promise<void> } {
  const page: StockChat = createStockChat(version, {
    api: `${world.service.api}/ai-sdk/v${version}/chat`,
    id: chatId,
  });
  return { name: `AI SDK ${version}`, done: page.resumeStream(), last: () => textOf(page.messages.at(-1)) };
}

const newAgent = (threadId: string) => new HttpAgent({ url: `${world.service.api}/ag-ui`, threadId });
const lastOf = ({ messages }: HttpAgent) =>
  String(messages.findLast(({ role }) => role === 'assistant')?.content ?? '');

type Responses = AsyncIterable<OpenAI.Responses.ResponseStreamEvent>;

/** Reads a streamed response: the text of the item that was opened last, and in the end that of the response. */
function responseReader(name: string, stream: Responses): Reader & { id(): string; done: Promise<void> } {
  let [id, text] = ['', ''];
  const read = async () => {
    for await (const event of stream) {
      if (event.type === 'response.created') id = event.response.id;
      if (event.type === 'response.output_item.added') text = '';
      if (event.type === 'response.output_text.delta') text += event.delta;
      if (event.type === 'response.completed')
        text = event.response.output.map((item) => (item.type === 'message' ? textOfItem(item) : '')).join('');
    }
  };
  return { name, id: () => id, last: () => text, done: read() };
}
const textOfItem = ({ content }: OpenAI.Responses.ResponseOutputMessage) =>
  content.map((part) => (part.type === 'output_text' ? part.text : '')).join('');

const untilAll = (readers: readonly Reader[], text: string) =>
  until(`"${text}" for all`, async () => (readers.every((reader) => reader.last() === text) ? true : null), 30_000);
const shown = (readers: readonly Reader[]) => readers.map(({ name, last }) => [name, last()]);
const expectAll = (readers: readonly Reader[], text: string) =>
  expect(shown(readers)).toEqual(readers.map(({ name }) => [name, text]));

async function readMessages(chatId: string) {
  const messages: [string, string][] = [];
  for await (const { role, content } of createClient({ baseUrl: world.service.api }).messages(chatId))
    messages.push([role, content]);
  return messages;
}

describe('clients of different protocols on one chat at once', () => {
  test('have the same texts over a lost draft and the death of the worker', async () => {
    world.driveReplies();
    const { id: chatId } = await openai.conversations.create();
    const own = [ownReader(chatId, 'live socket', WebSocket), ownReader(chatId, 'SSE', null)];

    // A response is streamed, a page resumes the chat, and the provider breaks off.
    const asked = { model: 'm', input: 'Is the lamp lit?', conversation: chatId };
    const response = responseReader('Responses', await openai.responses.create({ ...asked, stream: true }));
    const turnId = await until('the first event', async () => response.id() || null);
    const first = await world.nextAttempt(turnId);
    await first.send('The lamp went ');
    const again = responseReader('Responses, again', await openai.responses.retrieve(turnId, { stream: true }));
    const pages = [aiSdkReader(chatId, 7), aiSdkReader(chatId, 7)];
    await untilAll([...own, response, again, ...pages], 'The lamp went ');
    const second = world.nextAttempt(turnId);
    await first.push({ reset: true });
    await (await second).send('The lamp is lit.');
    await (await second).push(...ending());
    await Promise.all([response.done, again.done, ...pages.map(({ done }) => done)]);
    await untilAll(own, 'The lamp is lit.');
    expectAll([...own, response, again, ...pages], 'The lamp is lit.');

    // AG-UI goes on in the same chat, another client attaches, a page resumes, and the worker dies.
    const agent = newAgent(chatId);
    agent.addMessage({ id: 'second', role: 'user', content: 'And the sea?' });
    const running = agent.runAgent({ runId: 'run-2' });
    const call = await world.provider.nextRequest(({ body }) => JSON.stringify(body).includes('And the sea?'), 20_000);
    await call.send('The sea ');
    await until('the run', async () => (lastOf(agent) === 'The sea ' ? true : null));
    const other = newAgent(chatId);
    const attached = other.runAgent({ runId: 'run-2' });
    const page = aiSdkReader(chatId, 6);
    const agents = [agent, other].map((each, n) => ({ name: `AG-UI ${n + 1}`, last: () => lastOf(each) }));
    await untilAll([...own, ...agents, page], 'The sea ');
    const next = world.provider.nextRequest(({ body }) => JSON.stringify(body).includes('And the sea?'), 60_000);
    await world.service.kill('worker', 'SIGKILL');
    await (await next).send('The sea answers.');
    await (await next).push(...ending());
    await Promise.all([running, attached, page.done]);
    await untilAll(own, 'The sea answers.');
    expectAll([...own, ...agents, page], 'The sea answers.');

    // Chat Completions continues with the history.
    const messages: OpenAI.ChatCompletionMessageParam[] = [
      ...(await readMessages(chatId)).map(
        ([role, content]) => ({ role, content }) as { role: 'user'; content: string },
      ),
      { role: 'user', content: 'Good night.' },
    ];
    const headers = { 'X-Conversation-Id': chatId };
    const completing = openai.chat.completions.create({ model: 'm', messages }, { headers });
    const last = await world.provider.nextRequest(({ body }) => JSON.stringify(body).includes('Good night.'), 20_000);
    await last.send('Good night to you.');
    await last.push(...ending());
    expect((await completing).choices[0]?.message.content).toBe('Good night to you.');
    await untilAll(own, 'Good night to you.');

    const log = await readMessages(chatId);
    expect(log).toEqual([
      ['user', 'Is the lamp lit?'],
      ['assistant', 'The lamp is lit.'],
      ['user', 'And the sea?'],
      ['assistant', 'The sea answers.'],
      ['user', 'Good night.'],
      ['assistant', 'Good night to you.'],
    ]);
    const items = [];
    for await (const item of openai.conversations.items.list(chatId, { order: 'asc' }))
      if (item.type === 'message') items.push([item.role, (item.content[0] as { text: string }).text]);
    expect(items).toEqual(log);
    const read = await fetch(`${world.service.api}/ai-sdk/v7/chat/${chatId}/messages`);
    const pageMessages = (await read.json()) as { role: string; parts: { type: string; text?: string }[] }[];
    expect(pageMessages.map(({ role, parts }) => [role, parts.map(({ text }) => text ?? '').join('')])).toEqual(log);
  }, 180_000);
});
