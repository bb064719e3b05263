import { HttpAgent } from '@ag-ui/client';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { HttpAgent as HttpAgent0 } from 'ag-ui-client-0';
import OpenAI from 'openai';
import { zodResponseFormat, zodTextFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import type { Turn } from '../../../client/src/index.js';
import { NO_OUTPUT } from '../../../domain/agents/clientFunctions.js';
import { createStockChat, type ShownMessage, textOf } from '../../support/dialects/stockChat.js';
import { asking, tool } from '../../support/provider/agentReply.js';
import { whole } from '../../support/provider/scriptedReply.js';
import { type ScriptedService, startScriptedService } from '../../support/service/scriptedService.js';

let world: ScriptedService;
let openai: OpenAI;
beforeAll(async () => {
  world = await startScriptedService();
  openai = new OpenAI({ baseURL: `${world.service.api}/openai/v1`, apiKey: 'none' });
}, 180_000);
afterAll(() => world?.dispose(), 60_000);
afterEach(() => world.provider.unscript());

const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
const chatTool = (name: string): OpenAI.ChatCompletionFunctionTool => ({
  type: 'function',
  function: { name, description: 'Tells the weather.', parameters },
});
const responseTool = (name: string): OpenAI.Responses.FunctionTool => ({
  type: 'function',
  name,
  description: 'Tells the weather.',
  parameters,
  strict: false,
});
const weather = (city: string, id = `call-${city}`) => tool(id, 'weather', { city });

type Message = OpenAI.ChatCompletionMessageParam;
type Asked = { messages: Message[]; tools?: unknown[]; tool_choice?: unknown; parallel_tool_calls?: boolean };
const user = (content: string): Message => ({ role: 'user', content });
const asked = () => world.provider.requests.at(-1)?.body as Asked;
/** What the model's last request has of calls and their results. */
const calls = () =>
  asked().messages.flatMap((message): unknown[] => {
    if (message.role === 'tool') return [message.content];
    return message.role === 'assistant' && message.tool_calls ? [message.tool_calls.length] : [];
  });
const roles = () => asked().messages.map(({ role }) => role);

describe('an answer in JSON', () => {
  const shape = z.object({ city: z.string(), degrees: z.number() });
  const json = '{"city":"Bern","degrees":21}';

  test('is asked for by a completion, read by the stock client, and asked for again by another version', async () => {
    const body = { model: 'm', messages: [user('Weather?')], response_format: zodResponseFormat(shape, 'weather') };
    const headers = { 'X-Conversation-Id': 'in-json' };
    for (const _ of ['first', 'again']) {
      world.provider.script(whole(json));
      const { choices } = await openai.chat.completions.parse(body, { headers });
      expect(choices[0]?.message.parsed).toEqual({ city: 'Bern', degrees: 21 });
      const schema = expect.objectContaining({ type: 'object', required: ['city', 'degrees'] });
      const json_schema = { name: 'weather', strict: true, schema };
      expect(asked()).toMatchObject({ response_format: { type: 'json_schema', json_schema } });
    }
    expect(roles()).toEqual(['system', 'user']);
  });

  test('is asked for by a response, and read by the stock client', async () => {
    world.provider.script(whole(json));
    const text = { format: zodTextFormat(shape, 'weather') };
    const answer = await openai.responses.parse({ model: 'm', input: 'Weather?', text });
    expect(answer.output_parsed).toEqual({ city: 'Bern', degrees: 21 });
    expect(asked()).toMatchObject({ response_format: { type: 'json_schema', json_schema: { name: 'weather' } } });
  });

  test.each<[param: string, code: string, body: object]>([
    ['response_format.type', 'invalid_value', { response_format: { type: 'xml' } }],
    ['response_format.json_schema', 'missing_required_parameter', { response_format: { type: 'json_schema' } }],
    [
      'response_format.json_schema.name',
      'invalid_value',
      { response_format: { type: 'json_schema', json_schema: { name: 'a b', schema: {} } } },
    ],
  ])('is refused with %s as %s', async (param, code, more) => {
    const refused = openai.chat.completions.create({ model: 'm', messages: [user('Weather?')], ...more });
    await expect(refused).rejects.toMatchObject({ status: 400, param, code });
  });
});

describe('functions of a chat completion', () => {
  const ask = (messages: Message[], more: object = {}, headers: Record<string, string> = {}) =>
    openai.chat.completions
      .create({ model: 'm', messages, tools: [chatTool('weather')], ...more }, { headers })
      .withResponse();

  test('are offered to the model, and a call of one ends the completion without being run', async () => {
    world.provider.script(asking([weather('Bern')]));
    const { data, response } = await ask([user('Weather?')], { tool_choice: 'required', parallel_tool_calls: false });
    const choice = data.choices[0]!;
    expect(choice).toMatchObject({ finish_reason: 'tool_calls', message: { content: null } });
    expect(choice.message.tool_calls).toMatchObject([{ type: 'function', function: { name: 'weather' } }]);
    expect(asked()).toMatchObject({
      tools: [{ type: 'function', function: { name: 'weather', description: 'Tells the weather.', parameters } }],
      tool_choice: 'required',
      parallel_tool_calls: false,
    });
    const turnId = response.headers.get('x-turn-id')!;
    const turn = await world.service.client.awaitTurnEnd(turnId);
    expect(turn).toMatchObject({ status: 'completed' });
    const [call] = choice.message.tool_calls!;
    const steps = turn.steps.map(({ name, status }) => [name, status]);
    expect(steps).toEqual([
      ['reply:0', 'done'],
      [`tool:${call?.id}`, 'skipped'],
    ]);
    const { body } = await world.service.client.send<{ toolCalls: unknown[] }>(
      'GET',
      `/v1/chats/${turn.chatId}/thinking`,
    );
    expect(body ?? null).toBeNull();
  });

  test.each([
    ['whose chat a header names', { 'X-Conversation-Id': 'functions' }],
    ['whose chat has no name', {}],
  ])('give their outputs to the next turn of a chat %s', async (_, headers) => {
    world.provider.script(asking([weather('Bern'), weather('Basel')]), whole('Sun and rain.'));
    const first = await ask([user('Weather?')], {}, headers);
    const message = first.data.choices[0]!.message;
    const ids = message.tool_calls!.map(({ id }) => id);
    const outputs = ids.map((id, n): Message => ({ role: 'tool', tool_call_id: id, content: ['sun', 'rain'][n]! }));
    const second = await ask([user('Weather?'), message, ...outputs], {}, headers);
    expect(second.data.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: 'Sun and rain.' } });
    expect(second.response.headers.get('x-chat-id')).toBe(first.response.headers.get('x-chat-id'));
    expect(roles()).toEqual(['system', 'user', 'assistant', 'tool', 'tool']);
    expect(calls()).toEqual([2, 'sun', 'rain']);
    expect(asked().messages[2]).toMatchObject({ tool_calls: [{ id: 'call-Bern' }, { id: 'call-Basel' }] });

    const chatId = second.response.headers.get('x-chat-id')!;
    const { body } = await world.service.client.send<{ items: { role: string; toolCalls?: object[] }[] }>(
      'GET',
      `/v1/chats/${chatId}/messages`,
    );
    expect(body.items.map(({ role }) => role)).toEqual(['user', 'assistant', 'user', 'assistant']);
    expect(body.items[2]?.toolCalls).toMatchObject([
      { id: ids[0], result: 'sun' },
      { id: ids[1], result: 'rain' },
    ]);
  });

  test('are streamed as calls with their arguments', async () => {
    world.provider.script(asking([weather('Bern')], [{ text: 'I look.' }]));
    const stream = openai.chat.completions.stream({
      model: 'm',
      messages: [user('Weather?')],
      tools: [chatTool('weather')],
    });
    const completion = await stream.finalChatCompletion();
    expect(completion.choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: { content: 'I look.', tool_calls: [{ function: { name: 'weather', arguments: '{"city":"Bern"}' } }] },
    });
  });

  test('run in the loop of the stock client until the model answers', async () => {
    world.provider.script(asking([weather('Bern')]), asking([weather('Basel')]), whole('Fine.'));
    const run = openai.chat.completions.runTools({
      model: 'm',
      messages: [user('Weather?')],
      tools: [
        {
          type: 'function',
          function: {
            name: 'weather',
            description: 'Tells the weather.',
            parameters,
            parse: JSON.parse,
            function: ({ city }: { city: string }) => `${city}: sun`,
          },
        },
      ],
    });
    expect(await run.finalContent()).toBe('Fine.');
    expect(calls()).toEqual([1, 'Bern: sun', 1, 'Basel: sun']);
  });

  test('that get no output are answered with a note when the user goes on', async () => {
    world.provider.script(asking([weather('Bern')]), whole('As you like.'));
    const headers = { 'X-Conversation-Id': 'no-output' };
    const first = await ask([user('Weather?')], {}, headers);
    await ask([user('Weather?'), first.data.choices[0]!.message, user('Never mind.')], {}, headers);
    expect(calls()).toEqual([1, NO_OUTPUT]);
    expect(roles()).toEqual(['system', 'user', 'assistant', 'tool', 'user']);
  });

  test('take other outputs for the same call as a change of the turn that had the first', async () => {
    world.provider.script(asking([weather('Bern')]), whole('Sun.'), whole('Rain.'));
    const headers = { 'X-Conversation-Id': 'again' };
    const first = await ask([user('Weather?')], {}, headers);
    const message = first.data.choices[0]!.message;
    const output = (content: string): Message => ({ role: 'tool', tool_call_id: message.tool_calls![0]!.id, content });
    await ask([user('Weather?'), message, output('sun')], {}, headers);
    const other = await ask([user('Weather?'), message, output('rain')], {}, headers);
    expect(other.data.choices[0]?.message.content).toBe('Rain.');
    expect(other.response.headers.get('x-chat-id')).toBe(first.response.headers.get('x-chat-id'));
    expect(calls()).toEqual([1, 'rain']);
  });

  test('that ran elsewhere come with the history of a new chat', async () => {
    world.provider.script(whole('Sun, then.'));
    const call = { id: 'call_of_another', type: 'function' as const, function: { name: 'weather', arguments: '{}' } };
    await ask([
      user('Weather?'),
      { role: 'assistant', content: 'I look.', tool_calls: [call] },
      { role: 'tool', tool_call_id: call.id, content: 'sun' },
    ]);
    expect(roles()).toEqual(['system', 'user', 'assistant', 'tool']);
    expect(asked().messages[2]).toMatchObject({ content: 'I look.', tool_calls: [{ id: call.id }] });
  });

  test.each<[what: string, body: object, param: string]>([
    ['a name of another form', { tools: [chatTool('the weather')] }, 'tools.0.function.name'],
    ['two of one name', { tools: [chatTool('a'), chatTool('a')] }, 'tools.1.function.name'],
    ['more than 128', { tools: Array.from({ length: 129 }, (_, n) => chatTool(`f${n}`)) }, 'tools'],
    [
      'the schema of a text',
      { tools: [{ type: 'function', function: { name: 'a', parameters: { type: 'string' } } }] },
      'tools.0.function.parameters',
    ],
    ['a choice of none of them', { tool_choice: { type: 'function', function: { name: 'b' } } }, 'tool_choice'],
    ['another kind of tool', { tools: [{ type: 'custom', custom: { name: 'a' } }] }, 'tools.0.type'],
    [
      'an output without a call',
      { messages: [user('A'), { role: 'tool', tool_call_id: 'x', content: 'y' }] },
      'messages.1.tool_call_id',
    ],
  ])('are refused: %s', async (_, body, param) => {
    await expect(ask([user('A')], body)).rejects.toMatchObject({ status: 400, param });
  });
});

describe('functions of a response', () => {
  const create = (input: OpenAI.Responses.ResponseInput | string, more: object = {}) =>
    openai.responses.create({ model: 'm', input, tools: [responseTool('weather')], ...more });
  const callOf = ({ output }: OpenAI.Responses.Response) =>
    output.find((item): item is OpenAI.Responses.ResponseFunctionToolCall => item.type === 'function_call')!;
  const outputOf = (response: OpenAI.Responses.Response, output: string) => ({
    type: 'function_call_output' as const,
    call_id: callOf(response).call_id,
    output,
  });

  test('end it with the call, and their outputs continue after it', async () => {
    world.provider.script(asking([weather('Bern')]), whole('Sun.'));
    const first = await create('Weather?', { tool_choice: { type: 'function', name: 'weather' } });
    expect(first).toMatchObject({ status: 'completed', output: [{ type: 'function_call', name: 'weather' }] });
    expect(JSON.parse(callOf(first).arguments)).toEqual({ city: 'Bern' });
    expect(asked().tool_choice).toEqual({ type: 'function', function: { name: 'weather' } });
    const second = await create([outputOf(first, 'sun')], { previous_response_id: first.id });
    expect([second.output_text, second.conversation]).toEqual(['Sun.', first.conversation]);
    expect(calls()).toEqual([1, 'sun']);
    expect(await openai.responses.retrieve(first.id)).toMatchObject({ output: first.output });
  });

  test('are streamed as the helper of the stock client expects them', async () => {
    world.provider.script(asking([weather('Bern')]));
    const stream = openai.responses.stream({ model: 'm', input: 'Weather?', tools: [responseTool('weather')] });
    expect((await stream.finalResponse()).output).toMatchObject([{ type: 'function_call', name: 'weather' }]);
  });

  test('continue in a fork after a response that has been answered', async () => {
    world.provider.script(asking([weather('Bern')]), whole('Sun.'), whole('Rain.'));
    const first = await create('Weather?');
    const second = await create([outputOf(first, 'sun')], { previous_response_id: first.id });
    const other = await create([outputOf(first, 'rain')], { previous_response_id: first.id });
    expect(other.conversation?.id).not.toBe(second.conversation?.id);
    expect([other.output_text, calls()]).toEqual(['Rain.', [1, 'rain']]);
  });

  test('come with the whole input of a client that keeps the history itself', async () => {
    world.provider.script(asking([weather('Bern')]), whole('Sun.'));
    const first = await create('Weather?', { store: false });
    const input = [
      { role: 'user' as const, content: 'Weather?' },
      ...(first.output as OpenAI.Responses.ResponseInputItem[]),
      outputOf(first, 'sun'),
    ];
    expect((await create(input)).output_text).toBe('Sun.');
    expect(roles()).toEqual(['system', 'user', 'assistant', 'tool']);
  });

  test('are refused where no call waits for their output', async () => {
    world.provider.script(whole('One.'));
    const { id } = await create('A');
    const stray = [{ type: 'function_call_output' as const, call_id: 'call_x', output: 'y' }];
    const message = expect.stringContaining('No tool call found for function call output with call_id call_x');
    await expect(create(stray, { previous_response_id: id })).rejects.toMatchObject({ status: 400, message });
    await expect(create(stray)).rejects.toMatchObject({ status: 400, message });
  });
});

test('tools of the service run before a turn ends with a call of a function', async () => {
  const { body: chat } = await world.service.client.send<{ id: string }>('POST', '/v1/chats', {
    kind: 'agent',
    enabledTools: ['calculate', 'current_time'],
  });
  const headers = { 'X-Conversation-Id': chat.id };
  const send = (messages: Message[]) =>
    openai.chat.completions
      .create({ model: 'm', messages, tools: [chatTool('weather'), chatTool('current_time')] }, { headers })
      .withResponse();
  const own = tool('c1', 'calculate', { expression: '1 + 1' });
  world.provider.script(asking([own, weather('Bern'), tool('c2', 'current_time')]), whole('Two, and sun at noon.'));
  const first = await send([user('Both?')]);
  const message = first.data.choices[0]!.message;
  // A function takes the place of a tool of the same name.
  expect(message.tool_calls).toMatchObject([{ function: { name: 'weather' } }, { function: { name: 'current_time' } }]);
  const turn: Turn = await world.service.client.awaitTurnEnd(first.response.headers.get('x-turn-id')!);
  expect(turn.steps.map(({ status }) => status)).toEqual(['done', 'done', 'skipped', 'skipped']);
  const outputs = message.tool_calls!.map(
    ({ id }, n): Message => ({ role: 'tool', tool_call_id: id, content: ['sun', 'noon'][n]! }),
  );
  const second = await send([user('Both?'), message, ...outputs]);
  expect(second.data.choices[0]?.message.content).toBe('Two, and sun at noon.');
  expect(calls()).toEqual([3, '2', 'sun', 'noon']);
});

const agents = [
  ['1.0', HttpAgent, { type: 'success' }],
  ['0.0.59', HttpAgent0 as unknown as typeof HttpAgent, undefined],
] as const;

test.each(agents)(
  'functions of a run of AG-UI %s are called by it, and the next run of the thread brings their outputs',
  async (version, Agent, outcomeOfCalls) => {
    world.provider.script(asking([weather('Bern'), weather('Basel')], [{ text: 'I look.' }]), whole('Sun and rain.'));
    const threadId = `functions-${version}`;
    const agent = new Agent({ url: `${world.service.api}/ag-ui`, threadId });
    const tools = [{ name: 'weather', description: 'Tells the weather.', parameters }];
    agent.addMessage({ id: 'm1', role: 'user', content: 'Weather?' });
    let outcome: unknown;
    const onRunFinishedEvent = ({ event }: { event: { outcome?: unknown } }) => {
      outcome = event.outcome;
    };
    await agent.runAgent({ tools }, { onRunFinishedEvent });
    expect(outcome).toEqual(outcomeOfCalls);
    const called = agent.messages.flatMap((message) => (message.role === 'assistant' ? (message.toolCalls ?? []) : []));
    expect(called).toMatchObject([{ function: { name: 'weather', arguments: '{"city":"Bern"}' } }, {}]);
    for (const [n, { id }] of called.entries())
      agent.addMessage({ id: `t${n}`, role: 'tool', toolCallId: id, content: ['sun', 'rain'][n]! });
    await agent.runAgent({ tools, runId: 'run-of-outputs' }, { onRunFinishedEvent });
    expect(outcome).toEqual({ type: 'success' });
    expect(agent.messages.at(-1)).toMatchObject({ role: 'assistant', content: 'Sun and rain.' });
    expect(calls()).toEqual([2, 'sun', 'rain']);

    const other = new Agent({ url: `${world.service.api}/ag-ui`, threadId });
    await other.runAgent({ runId: 'run-of-outputs' });
    const idsOf = ({ messages }: HttpAgent) => messages.map(({ id, role }) => [role, role === 'tool' ? '' : id]);
    expect(idsOf(other)).toEqual(idsOf(agent));
  },
);

test.each([5, 6, 7] as const)(
  'functions of a page of the AI SDK %i are called by its message, which continues with their outputs',
  async (version) => {
    world.provider.script(asking([weather('Bern')], [{ text: 'I look.' }]), whole('Sun.'));
    const api = `${world.service.api}/ai-sdk/v${version}/chat`;
    const id = `functions-${version}`;
    const tools = { weather: { description: 'Tells the weather.', inputSchema: { jsonSchema: parameters } } };
    const chat = createStockChat(version, { api, id, body: { tools } });
    await chat.sendMessage({ text: 'Weather?' });
    expect(chat.error).toBeUndefined();
    const part = chat.messages.at(-1)!.parts.find(({ type }) => type === 'dynamic-tool')!;
    expect(part).toMatchObject({ toolName: 'weather', state: 'input-available', input: { city: 'Bern' } });
    expect(part.providerExecuted).toBeFalsy();
    await chat.addToolResult({ tool: 'weather', toolCallId: String(part.toolCallId), output: { sky: 'sun' } });
    await chat.sendMessage();
    expect(chat.error).toBeUndefined();
    expect(chat.messages.map(textOf)).toEqual(['Weather?', 'I look.Sun.']);
    expect(calls()).toEqual([1, '{"sky":"sun"}']);
    const read = (await (await fetch(`${api}/${id}/messages`)).json()) as ShownMessage[];
    expect(read.map((message) => [message.id, textOf(message)])).toEqual(
      chat.messages.map((message) => [message.id, textOf(message)]),
    );
    expect(read.at(-1)?.parts.find(({ type }) => type === 'dynamic-tool')).toMatchObject({ state: 'output-available' });
  },
);
