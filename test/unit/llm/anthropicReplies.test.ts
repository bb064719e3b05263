import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { ChatMessage } from '../../../domain/agents/chatMessage.js';
import { createAnthropic } from '../../../llm/anthropic/anthropic.js';
import type { ReplyProvider } from '../../../llm/port.js';
import { collectParts } from '../../support/provider/collectParts.js';
import { collectReply, someRequest } from '../../support/provider/collectReply.js';
import {
  type AnthropicStep,
  blockSteps,
  type ScriptedAnthropic,
  saying,
  startScriptedAnthropic,
  streamed,
} from '../../support/provider/scriptedAnthropic.js';

let server: ScriptedAnthropic;
let provider: ReplyProvider;

beforeAll(async () => {
  server = await startScriptedAnthropic();
});
afterAll(() => server.close());
beforeEach(() => {
  server.unscript();
  server.requests.length = 0;
  provider = createAnthropic({ baseUrl: server.baseUrl, apiKey: 'sk-test' });
});

const body = (n = 0) => server.requests[n]?.body;
const tools = [{ name: 'calculate', description: 'Counts.', parameters: { type: 'object', properties: {} } }];
const text = (said: string) => ({ type: 'text', text: said });
const event = (fields: { type: string } & Record<string, unknown>): AnthropicStep => ({ event: fields });

describe('the request for a reply of the Messages API', () => {
  test('names the texts at which the reply ends', async () => {
    await collectReply(provider, { request: { ...someRequest, foreignLines: ['\nTom:'] } });
    expect(body()?.stop_sequences).toEqual(['\nTom:']);
  });

  test('is a stream with the key, the id, a limit and marks for the cache', async () => {
    const messages: ChatMessage[] = [
      { role: 'system', content: 'You are Mira.' },
      { role: 'user', content: 'Hello.' },
      { role: 'assistant', content: 'Good evening.' },
      { role: 'user', content: 'And again.' },
    ];
    await collectReply(provider, { request: { ...someRequest, model: 'claude-x', messages, tools, temperature: 1.5 } });
    const [request] = server.requests;
    expect(request?.headers).toMatchObject({ 'x-api-key': 'sk-test', 'anthropic-version': '2023-06-01' });
    expect([request?.headers.authorization, request?.requestId]).toEqual([undefined, 'turn_1/reply:0/1']);
    const cache_control = { type: 'ephemeral' };
    expect(body()).toEqual({
      model: 'claude-x',
      max_tokens: 32_000,
      temperature: 1,
      system: [{ ...text('You are Mira.'), cache_control }],
      messages: [
        { role: 'user', content: [{ ...text('Hello.'), cache_control }] },
        { role: 'assistant', content: [text('Good evening.')] },
        { role: 'user', content: [{ ...text('And again.'), cache_control }] },
      ],
      tools: [
        { name: 'calculate', description: 'Counts.', input_schema: { type: 'object', properties: {} }, cache_control },
      ],
      stream: true,
    });
  });

  test.each(['', '/', '/v1', '/v1/'])('goes to /v1/messages with a base URL that ends in "%s"', async (end) => {
    const baseUrl = server.baseUrl.replace(/\/v1$/, end);
    const { finish } = await collectReply(createAnthropic({ baseUrl, apiKey: undefined }));
    expect(finish).toBeDefined();
    expect(server.requests[0]?.headers['x-api-key']).toBeUndefined();
  });

  test('asks for reasoning with a budget below the limit, and without a temperature', async () => {
    await collectReply(provider, { request: { ...someRequest, model: 'claude-x', thinking: true, temperature: 0.5 } });
    expect(body()).toMatchObject({ max_tokens: 32_000, thinking: { type: 'enabled', budget_tokens: 8_192 } });
    await collectReply(provider, { request: { ...someRequest, thinking: true, maxTokens: 3_000 } });
    expect(body(1)).toMatchObject({ max_tokens: 3_000, thinking: { type: 'enabled', budget_tokens: 1_500 } });
    await collectReply(provider, { request: { ...someRequest, thinking: true, maxTokens: 500 } });
    expect(body(2)).toMatchObject({ max_tokens: 500 });
    expect([body()?.temperature, body(2)?.thinking]).toEqual([undefined, undefined]);
  });

  test('sends texts that end a reply, and top_p unless the model reasons, but no penalties', async () => {
    const samplers = { topP: 0.9, stop: ['You:'], presencePenalty: 1, frequencyPenalty: 1 };
    await collectReply(provider, { request: { ...someRequest, ...samplers } });
    expect(body()).toMatchObject({ top_p: 0.9, stop_sequences: ['You:'] });
    for (const name of ['presence_penalty', 'frequency_penalty', 'stop']) expect(body()).not.toHaveProperty(name);
    await collectReply(provider, { request: { ...someRequest, ...samplers, thinking: true } });
    expect(body(1)).not.toHaveProperty('top_p');
    expect(body(1)).toMatchObject({ stop_sequences: ['You:'] });
  });

  test('asks for an answer in JSON at the end of its instruction', async () => {
    const messages: ChatMessage[] = [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Go.' },
    ];
    const format = { type: 'json_schema', name: 'answer', schema: { type: 'object' } } as const;
    await collectReply(provider, { request: { ...someRequest, messages, format } });
    expect(JSON.stringify(body()?.system)).toMatch(/Be brief.*one JSON object.*JSON Schema/);
  });

  test('declares the tools of earlier calls where none are offered', async () => {
    const toolCalls = [{ id: 'a', name: 'calculate', arguments: '{}' }];
    const messages: ChatMessage[] = [
      { role: 'user', content: 'Go.' },
      { role: 'assistant', content: '', toolCalls },
      { role: 'tool', toolCallId: 'a', content: '2' },
    ];
    const { finish } = await collectReply(provider, { request: { ...someRequest, messages } });
    expect(finish).toBeDefined();
    expect(body()).toMatchObject({ tools: [{ name: 'calculate' }], tool_choice: { type: 'none' } });
  });
});

describe('a reply of the Messages API', () => {
  test('has its thinking and text as they arrive, and usage with what the cache took and gave', async () => {
    server.script(streamed([{ type: 'thinking', thinking: 'Hm, so.', signature: 'sig' }, text('Good evening.')]));
    const { parts } = await collectParts(provider);
    expect(parts).toEqual([
      { type: 'delta', channel: 'thinking', text: 'Hm, so.' },
      { type: 'delta', channel: 'text', text: 'Good evening.' },
      { type: 'reasoning', api: 'anthropic', block: { type: 'thinking', thinking: 'Hm, so.', signature: 'sig' } },
      {
        type: 'finish',
        reason: 'stop',
        model: 'claude-scripted',
        usage: expect.objectContaining({
          promptTokens: 19,
          completionTokens: 7,
          totalTokens: 26,
          cachedTokens: 5,
          certainty: 'exact',
        }),
      },
    ]);
  });

  test('has its blocks of reasoning before its calls, which are sent back with their signatures', async () => {
    const thinking = { type: 'thinking', thinking: 'I count.', signature: 'sig-1' };
    const redacted = { type: 'redacted_thinking', data: 'b3BhcXVl' };
    const use = (id: string, input: object) => ({ type: 'tool_use', id, name: 'calculate', input });
    const calls = [use('toolu_1', { expression: '1+1' }), use('toolu_2', {})];
    server.script(streamed([thinking, redacted, text('Let me see.'), ...calls], { stop: 'tool_use' }), saying('Two.'));
    const { parts } = await collectParts(provider, { tools, thinking: true });
    expect(parts.slice(2)).toEqual([
      { type: 'reasoning', api: 'anthropic', block: thinking },
      { type: 'reasoning', api: 'anthropic', block: redacted },
      { type: 'tool_call', id: 'toolu_1', name: 'calculate', arguments: '{"expression":"1+1"}' },
      { type: 'tool_call', id: 'toolu_2', name: 'calculate', arguments: '{}' },
      expect.objectContaining({ type: 'finish', reason: 'tool_calls' }),
    ]);

    const blocks = parts.flatMap((part) => (part.type === 'reasoning' ? [{ api: part.api, block: part.block }] : []));
    const toolCalls = parts.flatMap((part) =>
      part.type === 'tool_call' ? [{ id: part.id, name: part.name, arguments: part.arguments }] : [],
    );
    const messages: ChatMessage[] = [
      { role: 'user', content: 'What is 1+1?' },
      { role: 'assistant', content: 'Let me see.', toolCalls, reasoning: { text: 'I count.', blocks } },
      ...toolCalls.map(({ id }): ChatMessage => ({ role: 'tool', toolCallId: id, content: '2' })),
    ];
    const next = await collectParts(provider, { tools, thinking: true, messages });
    expect([next.error, server.requests.length, body(1)?.thinking?.type]).toEqual([undefined, 2, 'enabled']);
    expect(body(1)?.messages[1]?.content.map(({ type }) => type)).toEqual([
      'thinking',
      'redacted_thinking',
      'text',
      'tool_use',
      'tool_use',
    ]);
  });

  test('does not reason about calls that came without reasoning, which the API would refuse', async () => {
    const messages: ChatMessage[] = [
      { role: 'user', content: 'Go.' },
      { role: 'assistant', content: '', toolCalls: [{ id: 'other', name: 'calculate', arguments: '{}' }] },
      { role: 'tool', toolCallId: 'other', content: '2' },
    ];
    const { error } = await collectParts(provider, { tools, thinking: true, messages });
    expect([error, server.requests.length, body()?.thinking]).toEqual([undefined, 1, undefined]);
  });

  test.each([
    ['end_turn', 'stop'],
    ['stop_sequence', 'stop'],
    ['a_new_reason', 'stop'],
    ['max_tokens', 'length'],
    ['model_context_window_exceeded', 'length'],
    ['refusal', 'content_filter'],
  ])('that stops with %s ends with %s', async (stop, reason) => {
    server.script(streamed([text('So far.')], { stop }));
    expect((await collectReply(provider)).finish).toMatchObject({ reason });
  });

  test('continues in further requests while the provider pauses, with usage of all', async () => {
    server.script(streamed([text('One ')], { stop: 'pause_turn' }), saying('two.'));
    const { parts } = await collectParts(provider);
    expect(parts).toMatchObject([
      { type: 'delta', text: 'One two.' },
      { type: 'finish', reason: 'stop', usage: { promptTokens: 38, completionTokens: 14 } },
    ]);
    expect(body(1)?.messages.at(-1)).toEqual({ role: 'assistant', content: [text('One ')] });
  });

  test('ends as cut after a number of pauses', async () => {
    server.script(() => streamed([text('On ')], { stop: 'pause_turn' }));
    const { parts } = await collectParts(provider);
    expect([parts.at(-1), server.requests.length]).toEqual([expect.objectContaining({ reason: 'length' }), 9]);
  });

  test('is read for what it holds, with unknown events, blocks and fields, and in other orders', async () => {
    const steps: AnthropicStep[] = [
      { bytes: ': a comment\n\n' },
      event({ type: 'message_start', message: { model: 5, usage: { input_tokens: 'many' } }, new: 1 }),
      event({ type: 'a_new_event', delta: 'x', index: -1 }),
      event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'No beginning. ' } }),
      event({ type: 'content_block_start', index: 1, content_block: { type: 'text', text: 'Begun with text. ' } }),
      event({ type: 'content_block_delta', index: 1, delta: { type: 'citations_delta', citation: { x: 1 } } }),
      event({ type: 'content_block_start', index: 2, content_block: { type: 'server_tool_use', id: 's', input: {} } }),
      event({ type: 'content_block_delta', index: 2, delta: { type: 'input_json_delta', partial_json: '{}' } }),
      event({ type: 'content_block_delta', index: 9, delta: { type: 'new_delta', text: 'of nothing' } }),
      { bytes: 'data: {"type":"content_block_delta","index":1,\ndata: "delta":{"text":"Unnamed."}}\r\n\r\n' },
      event({
        type: 'content_block_start',
        index: 3,
        content_block: { type: 'tool_use', id: 'a', name: 'calculate', input: { whole: 1 } },
      }),
      event({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: null }),
      { bytes: 'data: {"type":"message_stop"}' },
      { end: true },
    ];
    server.script({ steps });
    const { parts, error } = await collectParts(provider);
    expect(error).toBeUndefined();
    expect(parts).toEqual([
      { type: 'delta', channel: 'text', text: 'No beginning. Begun with text. Unnamed.' },
      { type: 'tool_call', id: 'a', name: 'calculate', arguments: '{"whole":1}' },
      { type: 'finish', reason: 'tool_calls', usage: null, model: 'gpt-4.1' },
    ]);
  });

  test('that is sent whole, as JSON, is read as if it were streamed', async () => {
    const use = { type: 'tool_use', id: 'a', name: 'calculate', input: { n: 1 } };
    server.script({ content: [text('One.'), use], stop: 'tool_use' });
    const { parts } = await collectParts(provider);
    expect(parts).toMatchObject([
      { type: 'delta', text: 'One.' },
      { type: 'tool_call', arguments: '{"n":1}' },
      { type: 'finish', reason: 'tool_calls', usage: { promptTokens: 19 } },
    ]);
  });

  test('is complete after its stop reason, whatever becomes of the connection', async () => {
    const whole = saying('All of it.').steps.slice(0, -2);
    server.script({ steps: [...whole, { waitMs: 500 }, { reset: true }] }, { steps: whole });
    expect((await collectReply(provider)).finish).toMatchObject({ reason: 'stop' });
    expect((await collectReply(provider)).finish).toMatchObject({ reason: 'stop' });
  });

  test('is over soon after message_stop, also where the server leaves the connection open', async () => {
    const steps = saying('x').steps.slice(0, -1);
    server.script({ steps });
    const before = performance.now();
    expect((await collectReply(provider)).finish).toBeDefined();
    expect(performance.now() - before).toBeLessThan(15_000);
  });

  test('is kept alive by ping, and fails when nothing comes at all', async () => {
    const pings = Array.from({ length: 6 }, (): AnthropicStep[] => [{ waitMs: 150 }, event({ type: 'ping' })]).flat();
    server.script({ steps: [...pings, ...saying('Here.').steps] }, { steps: blockSteps(text('So'), 0) });
    expect(await collectReply(provider, { silenceMs: 600 })).toMatchObject({ text: 'Here.', error: undefined });
    expect(await collectReply(provider, { silenceMs: 600 })).toMatchObject({ error: { code: 'provider_silent' } });
  });

  test('ends its request when it is stopped', async () => {
    server.script({ steps: blockSteps(text('So far.'), 0) });
    const stop = new AbortController();
    const reply = await collectReply(provider, { signal: stop.signal, onDelta: () => stop.abort('enough') });
    expect(reply.error).toBe('enough');
    await server.requests[0]?.left;
  });
});
