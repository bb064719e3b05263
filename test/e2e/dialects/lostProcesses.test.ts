import { HttpAgent } from '@ag-ui/client';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import OpenAI from 'openai';
import { createStockChat, textOf } from '../../support/dialects/stockChat.js';
import type { ProviderCall } from '../../support/provider/scriptedProvider.js';
import { ending } from '../../support/provider/scriptedReply.js';
import { type ScriptedService, startScriptedService } from '../../support/service/scriptedService.js';
import { until } from '../../support/until.js';

let world: ScriptedService;
beforeAll(async () => {
  world = await startScriptedService();
}, 180_000);
afterAll(() => world?.dispose(), 60_000);
afterEach(() => world.provider.unscript());

const FIRST = 'The lamp turns, ';
const WHOLE = 'The lamp turns, and turns.';

/** The request to the provider for a reply to this text. */
const requestFor = (text: string): Promise<ProviderCall> =>
  world.provider.nextRequest(({ body }) => JSON.stringify(body).includes(text), 60_000);
const requestsFor = (text: string) => world.provider.requests.filter(({ body }) => JSON.stringify(body).includes(text));

async function finish(call: ProviderCall, text: string): Promise<void> {
  await call.send(text);
  for (const step of ending()) await call.push(step);
}

/** Ends the reply after its worker has died: the next one asks again. */
async function killWorker(text: string): Promise<void> {
  const again = requestFor(text);
  await world.service.kill('worker', 'SIGKILL');
  await finish(await again, WHOLE);
}

/** Ends the reply after the api has died: the worker goes on. */
async function killApi(call: ProviderCall): Promise<void> {
  await world.service.kill('api', 'SIGKILL');
  await finish(call, WHOLE.slice(FIRST.length));
}

describe('the death of a process in the middle of a completion', () => {
  const openai = () => new OpenAI({ baseURL: `${world.service.api}/openai/v1`, apiKey: 'none', maxRetries: 10 });

  test('of the worker repeats no text', async () => {
    world.driveReplies();
    const messages = [{ role: 'user' as const, content: 'To a lost worker' }];
    const stream = await openai().chat.completions.create({ model: 'm', messages, stream: true });
    let text = '';
    const reading = (async () => {
      for await (const { choices } of stream) text += choices[0]?.delta.content ?? '';
    })();
    await (await requestFor('To a lost worker')).send(FIRST);
    await until('the text', async () => (text === FIRST ? true : null));
    await killWorker('To a lost worker');
    await reading;
    expect(text).toBe(WHOLE);
  }, 90_000);

  test('of the api gives the repeated request the same turn', async () => {
    world.driveReplies();
    const messages = [{ role: 'user' as const, content: 'To a lost api' }];
    const answered = openai().chat.completions.create({ model: 'm', messages });
    const call = await requestFor('To a lost api');
    await call.send(FIRST);
    await killApi(call);
    expect((await answered).choices[0]?.message.content).toBe(WHOLE);
    expect(requestsFor('To a lost api')).toHaveLength(1);
  }, 90_000);
});

describe.each([5, 6, 7] as const)('the death of a process in the middle of a message of the AI SDK %i', (version) => {
  const newChat = (id: string) => createStockChat(version, { api: `${world.service.api}/ai-sdk/v${version}/chat`, id });

  test('of the worker repeats no text', async () => {
    world.driveReplies();
    const text = `To a lost worker of ${version}`;
    const chat = newChat(`worker-${version}`);
    const sent = chat.sendMessage({ text });
    await (await requestFor(text)).send(FIRST);
    await until('the text', async () => (textOf(chat.messages.at(-1)) === FIRST ? true : null));
    await killWorker(text);
    await sent;
    expect([chat.error, textOf(chat.messages.at(-1))]).toEqual([undefined, WHOLE]);
  }, 90_000);
});

describe('the death of a process in the middle of a run of AG-UI', () => {
  const newAgent = (threadId: string, content: string) => {
    const agent = new HttpAgent({ url: `${world.service.api}/ag-ui`, threadId });
    agent.addMessage({ id: `${threadId}-1`, role: 'user', content });
    return agent;
  };
  const lastOf = ({ messages }: HttpAgent) => messages.at(-1)?.content;

  test('of the worker repeats no text', async () => {
    world.driveReplies();
    const text = 'To a lost worker of a run';
    const agent = newAgent('lost-worker', text);
    const running = agent.runAgent({ runId: 'lost-worker' });
    await (await requestFor(text)).send(FIRST);
    await until('the text', async () => (lastOf(agent) === FIRST ? true : null));
    await killWorker(text);
    await running;
    expect(lastOf(agent)).toBe(WHOLE);
  }, 90_000);
});
