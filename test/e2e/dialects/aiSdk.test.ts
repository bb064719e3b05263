import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import OpenAI from 'openai';
import { type AgentWorld, named, startAgentWorld } from '../../support/chats/agentWorld.js';
import { readResponse } from '../../support/dialects/responseReading.js';
import { createStockChat, type ShownMessage, type StockChat, textOf } from '../../support/dialects/stockChat.js';
import { asking, tool } from '../../support/provider/agentReply.js';
import { ending, whole } from '../../support/provider/scriptedReply.js';
import { until } from '../../support/until.js';

let world: AgentWorld;
beforeAll(async () => {
  world = await startAgentWorld();
  await until('the tools of the MCP servers', async () =>
    (await world.list('/v1/tools')).some(({ name }) => name === named('echo', 'safe')) ? true : null,
  );
}, 180_000);
afterAll(() => world?.dispose(), 60_000);
afterEach(() => world.provider.unscript());

const versions = [5, 6, 7] as const;
const apiOf = (version: 5 | 6 | 7) => `${world.service().api}/ai-sdk/v${version}/chat`;
let chats = 0;
const newChat = (version: 5 | 6 | 7, body?: object): StockChat =>
  createStockChat(version, { api: apiOf(version), id: `page-${++chats}`, ...(body ? { body } : {}) });
const messagesOf = async (version: 5 | 6 | 7, id: string): Promise<ShownMessage[]> =>
  (await fetch(`${apiOf(version)}/${id}/messages`)).json() as Promise<ShownMessage[]>;
const shown = (messages: ShownMessage[]) => messages.map((message) => [message.role, textOf(message)]);

describe.each(versions)('a stock page of version %i', (version) => {
  test('shows a streamed reply, and reads the same messages after a reload', async () => {
    world.provider.script({ steps: [{ thinking: 'Hm.' }, { text: 'Good ' }, { text: 'evening.' }, ...ending()] });
    const chat = newChat(version);
    await chat.sendMessage({ text: 'Hello' });
    expect(chat.error).toBeUndefined();
    expect(shown(chat.messages)).toEqual([
      ['user', 'Hello'],
      ['assistant', 'Good evening.'],
    ]);
    expect(chat.messages[1]?.parts.find(({ type }) => type === 'reasoning')?.text).toBe('Hm.');
    const read = await messagesOf(version, chat.id);
    expect(read.map(({ id }) => id)).toEqual(chat.messages.map(({ id }) => id));
    expect(shown(read)).toEqual(shown(chat.messages));
  });

  test('goes on, makes the last reply again, and edits an earlier message', async () => {
    world.provider.script(whole('One.'), whole('Two.'), whole('Other.'), whole('Edited.'));
    const chat = newChat(version);
    await chat.sendMessage({ text: 'A' });
    await chat.sendMessage({ text: 'B' });
    await chat.regenerate();
    expect(shown(chat.messages).map(([, text]) => text)).toEqual(['A', 'One.', 'B', 'Other.']);
    await chat.sendMessage({ text: 'A2', messageId: chat.messages[0]!.id });
    expect(shown(chat.messages).map(([, text]) => text)).toEqual(['A2', 'Edited.']);
    expect(shown(await messagesOf(version, chat.id)).map(([, text]) => text)).toEqual(['A2', 'Edited.']);
  });

  test('resumes in the middle of a reply, and gets nothing when there is none', async () => {
    world.provider.script(() => ({ steps: [] }));
    const chat = newChat(version);
    const sent = chat.sendMessage({ text: `Hello, ${chat.id}` });
    const call = await world.provider.nextRequest(({ body }) => JSON.stringify(body).includes(`, ${chat.id}"`), 20_000);
    await call.send('The lamp ');
    await until('the first text', async () => (textOf(chat.messages.at(-1)) === 'The lamp ' ? true : null));
    const reloaded = createStockChat(version, {
      api: apiOf(version),
      id: chat.id,
      messages: await messagesOf(version, chat.id),
    });
    const resumed = reloaded.resumeStream();
    await until('the text so far', async () => (textOf(reloaded.messages.at(-1)) === 'The lamp ' ? true : null));
    await call.send('turns.');
    for (const step of ending()) await call.push(step);
    await Promise.all([sent, resumed]);
    expect(shown(reloaded.messages)).toEqual(shown(chat.messages));
    expect(textOf(chat.messages.at(-1))).toBe('The lamp turns.');
    expect((await fetch(`${apiOf(version)}/${chat.id}/stream`)).status).toBe(204);
  });

  test('stops a reply, whose text stays', async () => {
    world.provider.script(() => ({ steps: [] }));
    const chat = newChat(version);
    const sent = chat.sendMessage({ text: `Hello, ${chat.id}` });
    const call = await world.provider.nextRequest(({ body }) => JSON.stringify(body).includes(`, ${chat.id}"`), 20_000);
    await call.send('The lamp ');
    await until('the first text', async () => (textOf(chat.messages.at(-1)) === 'The lamp ' ? true : null));
    expect((await fetch(`${apiOf(version)}/${chat.id}/stop`, { method: 'POST' })).status).toBe(204);
    await sent;
    expect(textOf(chat.messages.at(-1))).toBe('The lamp ');
  });

  test('shows what went wrong', async () => {
    world.provider.script({ status: 401, body: { error: { message: 'no', code: 'invalid_api_key' } } });
    const chat = newChat(version);
    await chat.sendMessage({ text: 'Hello' });
    expect(chat.error?.message).toContain('The provider refused the API key');
  });

  test('shows tools that ran on the server', async () => {
    world.provider.script(asking([tool('c1', 'calculate', { expression: '6 * 7' })]), whole('It is 42.'));
    const chat = newChat(version, { enabledTools: ['calculate'] });
    await chat.sendMessage({ text: 'How much?' });
    expect(chat.error).toBeUndefined();
    const part = chat.messages.at(-1)?.parts.find(({ type }) => type === 'dynamic-tool');
    expect(part).toMatchObject({ toolName: 'calculate', state: 'output-available', output: '42' });
    const read = (await messagesOf(version, chat.id)).at(-1)!;
    expect(read.parts.find(({ type }) => type === 'dynamic-tool')).toMatchObject({
      state: 'output-available',
      output: '42',
    });
  });
});

describe.each([6, 7] as const)('a stock page of version %i', (version) => {
  test.each([true, false])('answers a tool call that waits: approved %s', async (approved) => {
    world.provider.script(asking([tool('c1', named('echo', 'careful'), { word: 'hi' })]), whole('Done.'));
    const chat = newChat(version, { enabledTools: [named('echo', 'careful')] });
    await chat.sendMessage({ text: 'Please.' });
    expect(chat.error).toBeUndefined();
    const waiting = chat.messages.at(-1)?.parts.find(({ type }) => type === 'dynamic-tool');
    expect(chat.messages).toMatchObject([
      {},
      { parts: expect.arrayContaining([expect.objectContaining({ state: 'approval-requested' })]) },
    ]);
    expect((await fetch(`${apiOf(version)}/${chat.id}/stream`)).status).toBe(204);
    const read = (await messagesOf(version, chat.id)).at(-1)!;
    expect(read.parts.find(({ type }) => type === 'dynamic-tool')).toMatchObject({ state: 'approval-requested' });

    const { id } = waiting!.approval as { id: string };
    await chat.addToolApprovalResponse!({ id, approved });
    await chat.sendMessage();
    expect(chat.error).toBeUndefined();
    const last = chat.messages.at(-1)!;
    expect(last.parts.filter(({ type }) => type === 'dynamic-tool')).toMatchObject([
      { state: approved ? 'output-available' : 'output-denied' },
    ]);
    expect(textOf(last)).toBe('Done.');
  });
});

test('a page of version 5 answers a tool call that waits by the part that asked', async () => {
  world.provider.script(asking([tool('c1', named('echo', 'careful'), { word: 'hi' })]), whole('Done.'));
  const chat = newChat(5, { enabledTools: [named('echo', 'careful')] });
  await chat.sendMessage({ text: 'Please.' });
  expect(chat.error).toBeUndefined();
  const asked = chat.messages.at(-1)!.parts.find(({ type }) => type === 'data-approval')!;
  Object.assign(asked.data as object, { approved: true });
  await chat.sendMessage();
  expect([chat.error, textOf(chat.messages.at(-1))]).toEqual([undefined, 'Done.']);
  expect(shown(await messagesOf(5, chat.id))).toEqual([
    ['user', 'Please.'],
    ['assistant', 'Done.'],
  ]);
});

test('a page that sends only its newest message continues its chat', async () => {
  world.provider.script(whole('One.'), whole('Two.'));
  const id = `page-${++chats}`;
  for (const text of ['A', 'B']) {
    const message = { id: `${id}-${text}`, role: 'user', parts: [{ type: 'text', text }] };
    await (await fetch(apiOf(6), { method: 'POST', body: JSON.stringify({ id, message }) })).text();
  }
  expect(shown(await messagesOf(6, id)).map(([, text]) => text)).toEqual(['A', 'One.', 'B', 'Two.']);
});

test('a page of version 7 drops a draft that was lost', async () => {
  world.provider.script({ steps: [{ text: 'Half of ' }, { waitMs: 700 }, { reset: true }] }, whole('Another.'));
  const chat = newChat(7);
  await chat.sendMessage({ text: 'Hello' });
  expect(textOf(chat.messages.at(-1))).toBe('Another.');
}, 60_000);

test('a page that stops stops its own turn, and not the follow-ups of the one before', async () => {
  world.provider.script(whole('One.'));
  const json = { affinityDelta: 0, trustDelta: 0, knowledgeFacts: [] };
  world.provider.classify(({ name }) => (name === 'state_update' ? { json, afterMs: 4_000 } : undefined));
  const { chat: story } = await world.newChat({ guest: null });
  const chat = createStockChat(7, { api: apiOf(7), id: story.id });
  await chat.sendMessage({ text: 'A' });
  const sent = chat.sendMessage({ text: 'B' });
  const queued = await until('the second turn', async () => {
    const { body } = await world.service().client.send<{ queue: string[] }>('GET', `/v1/chats/${story.id}`);
    return body.queue[0] ?? null;
  });
  expect((await fetch(`${apiOf(7)}/${story.id}/stop`, { method: 'POST' })).status).toBe(204);
  await sent;
  const statusOf = async (turnId: string) => (await world.service().client.awaitTurnEnd(turnId)).status;
  expect([await statusOf(chat.messages[1]!.id), await statusOf(queued)]).toEqual(['completed', 'cancelled']);
}, 60_000);

test.each([
  ['made again', 'A', (chat: StockChat) => chat.regenerate()],
  [
    'made for an edited message',
    'A2',
    (chat: StockChat) => chat.sendMessage({ text: 'A2', messageId: chat.messages[0]!.id }),
  ],
])(
  'a page that is reloaded while a reply is %s does not show the old one',
  async (_, text, begin) => {
    world.provider.script(whole('One.'));
    const { chat: agent, path } = await world.newAgent({ enabledTools: [] });
    const chat = createStockChat(7, { api: apiOf(7), id: agent.id });
    await chat.sendMessage({ text: 'A' });
    const first = chat.messages[1]!.id;
    world.provider.script(() => ({ steps: [] }));
    const sent = begin(chat);
    const turnId = await until('the second turn', async () => {
      const { body } = await world.service().client.send<{ activeTurnId: string | null }>('GET', path);
      return body.activeTurnId === first ? null : body.activeTurnId;
    });
    const call = await world.nextReply(turnId);
    await call.send('Other');
    expect(shown(await messagesOf(7, agent.id))).toEqual([['user', text]]);
    const reloaded = createStockChat(7, { api: apiOf(7), id: agent.id, messages: await messagesOf(7, agent.id) });
    const resumed = reloaded.resumeStream();
    await until('the text so far', async () => (textOf(reloaded.messages.at(-1)) === 'Other' ? true : null));
    await call.send('.');
    for (const step of ending()) await call.push(step);
    await Promise.all([sent, resumed]);
    expect(shown(reloaded.messages)).toEqual([
      ['user', text],
      ['assistant', 'Other.'],
    ]);
    expect(shown(chat.messages)).toEqual(shown(reloaded.messages));
  },
  60_000,
);

test('an answer to a call of an earlier message comes along with a new message', async () => {
  world.provider.script(asking([tool('c1', named('echo', 'careful'), { word: 'hi' })]), whole('Done.'), whole('Two.'));
  const chat = newChat(7, { enabledTools: [named('echo', 'careful')] });
  await chat.sendMessage({ text: 'Please.' });
  const { id } = chat.messages.at(-1)!.parts.find(({ type }) => type === 'dynamic-tool')!.approval as { id: string };
  await chat.addToolApprovalResponse!({ id, approved: true });
  const later = { id: `${chat.id}-later`, role: 'user', parts: [{ type: 'text', text: 'B' }] };
  const answer = await fetch(apiOf(7), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      id: chat.id,
      trigger: 'submit-message',
      messageId: chat.messages.at(-1)!.id,
      messages: [...chat.messages, later],
    }),
  });
  expect(answer.status).toBe(200);
  await answer.text();
  expect(shown(await messagesOf(7, chat.id)).map(([, text]) => text)).toEqual(['Please.', 'Done.', 'B', 'Two.']);
});

test('a transport that connects again by itself gets a reply as one step, from the beginning', async () => {
  world.provider.script(asking([tool('c1', 'calculate', { expression: '6 * 7' })]), whole('It is 42.'));
  const body = { messages: [{ id: 'w', role: 'user', parts: [{ type: 'text', text: 'How much?' }] }] };
  const posted = await fetch(apiOf(7), {
    method: 'POST',
    body: JSON.stringify({ ...body, enabledTools: ['calculate'] }),
  });
  const typesOf = (text: string) => [...text.matchAll(/"type":"([a-z-]+)"/g)].map(([, type]) => type!);
  const types = typesOf(await posted.text());
  expect(types.filter((type) => type === 'start-step')).toHaveLength(1);
  const again = await fetch(`${apiOf(7)}/${posted.headers.get('x-workflow-run-id')}/stream?startIndex=4`);
  expect(typesOf(await again.text())).toEqual(['reset-step', ...types.slice(2)]);
});

test('a response with tools, a call that waits and a function of its client continues after each of its events', async () => {
  const openai = new OpenAI({ baseURL: `${world.service().api}/openai/v1`, apiKey: 'none' });
  const { chat } = await world.newAgent();
  const own = [tool('c1', 'calculate', { expression: '1 + 1' }), tool('c2', named('echo', 'careful'), { word: 'hi' })];
  world.provider.script(
    asking(own, [{ thinking: 'Both.' }, { text: 'I add ' }, { text: 'and echo. ' }]),
    asking([tool('c3', 'weather', { city: 'Bern' })], [{ text: 'Now the ' }, { text: 'weather.' }]),
  );
  type Event = OpenAI.Responses.ResponseStreamEvent;
  const events: Event[] = [];
  const weather = { type: 'function' as const, name: 'weather', parameters: { type: 'object' }, strict: false };
  const asked = { model: 'm', input: 'All three.', conversation: chat.id, tools: [weather], stream: true as const };
  const { data: stream, response } = await openai.responses.create(asked).withResponse();
  const turnId = response.headers.get('x-turn-id') ?? '';
  async function read(from: AsyncIterable<Event>, into: Event[]): Promise<Event[]> {
    for await (const event of from) into.push(event);
    return into;
  }
  const reading = read(stream, events);
  const waiting = await until('the call that waits', async () => {
    const page = await messagesOf(7, chat.id);
    return page.at(-1)?.parts.find(({ state }) => state === 'approval-requested') ?? null;
  });
  const isCall = (event: Event) => event.type === 'response.output_item.done' && event.item.type === 'function_call';
  await until('both calls', async () => (events.filter(isCall).length === 2 ? true : null));
  const continued = (had: readonly Event[]) =>
    openai.responses
      .retrieve(turnId, { stream: true, starting_after: had.at(-1)!.sequence_number })
      .then((rest) => read(rest, [...had]));
  const before = events.map((_, n) => events.slice(0, n + 1));
  const inFlight = Promise.all(before.map(continued));
  const approval = `/v1/turns/${turnId}/approvals/${String(waiting.toolCallId)}`;
  await world.service().client.send('POST', approval, { approved: true });
  await reading;

  const whole = readResponse(events);
  expect(whole.items.map(([id, text]) => [id.replace(/_.*/, ''), text])).toEqual([
    ['rs', ''],
    ['msg', 'I add and echo. '],
    ['fc', ''],
    ['fc', ''],
    ['fco', ''],
    ['fco', ''],
    ['msg', 'Now the weather.'],
    ['fc', ''],
  ]);
  const late = await Promise.all(events.map((_, n) => continued(events.slice(0, n + 1))));
  for (const read of [...(await inFlight), ...late]) expect(readResponse(read)).toEqual(whole);
  const { output } = await openai.responses.retrieve(turnId);
  expect(output.map(({ id }) => id)).toEqual(whole.items.map(([id]) => id));
}, 60_000);
