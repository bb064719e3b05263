import { createServer, type RequestListener } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { TurnFailure } from '../../../domain/log/failures.js';
import { createAnthropic } from '../../../llm/anthropic/anthropic.js';
import { createChatCompletions } from '../../../llm/chatCompletions/chatCompletions.js';
import { createResponses } from '../../../llm/responses/responses.js';
import { close, listen } from '../../../scripts/provider/http.js';
import { collectReply, someRequest } from '../../support/provider/collectReply.js';

let answer: RequestListener = () => undefined;
const server = createServer((request, response) => {
  request.resume().on('end', () => answer(request, response));
});
let baseUrl = '';
beforeAll(async () => {
  baseUrl = `http://127.0.0.1:${await listen(server, 0)}/v1`;
});
afterAll(() => close(server));

const events = { 'content-type': 'text/event-stream' };
const json = { 'content-type': 'application/json' };
const apis = { chat: createChatCompletions, responses: createResponses, messages: createAnthropic };

/** What a client of the API reads from an answer. */
async function read(api: keyof typeof apis, body: string | object, headers: object = events, status = 200) {
  const sent = typeof body === 'string' ? body : JSON.stringify(body);
  answer = (_, response) => void response.writeHead(status, { ...headers }).end(sent);
  const reply = await collectReply(apis[api]({ baseUrl, apiKey: 'k' }), { silenceMs: 600_000 });
  const { code, detail, retryAfterMs } = (reply.error ?? {}) as Partial<TurnFailure>;
  const { text, thinking, calls, finish } = reply;
  return { text, thinking, calls, reason: finish?.reason, usage: finish?.usage, code, detail, retryAfterMs };
}

const sse = (frame: unknown) => `data: ${JSON.stringify(frame)}\n\n`;
const chunk = (delta: unknown, finish_reason: string | null = null) => ({
  ...{ id: 'c', object: 'chat.completion.chunk', model: 'm' },
  choices: [{ index: 0, delta, finish_reason }],
});
const say = (content: unknown) => sse(chunk({ content }));
const END = `${sse(chunk({}, 'stop'))}data: [DONE]\n\n`;
const SEVEN = say('Sev') + say('en.') + END;
const frames = [chunk({ content: 'Sev' }), chunk({ content: 'en.' }), chunk({}, 'stop')].map((f) => JSON.stringify(f));

describe('a stream of Chat Completions', () => {
  test.each<[string, string]>([
    ['with carriage returns alone', SEVEN.replaceAll('\n', '\r')],
    ['with null characters between frames', `\0\0${SEVEN.replaceAll('data:', '\0data:')}`],
    ['with two byte order marks', `\ufeff\ufeff${SEVEN}`],
    ['with fields in capitals', SEVEN.replaceAll('data:', 'DATA:')],
    ['with white space before fields', SEVEN.replaceAll('data:', ' data:')],
    ['with several objects in a frame', `data: ${frames.join('')}\n\n`],
    ['with several objects in a frame and white space', `data: ${frames.join(' ')}\n\ndata: [DONE]\n\n`],
    ['with commas behind objects', `${frames.map((frame) => `data: ${frame},\n\n`).join('')}data: [DONE]\n\n`],
    ['that is a sequence of JSON texts', frames.map((frame) => `\x1e${frame}\n`).join('')],
    ['that is lines of JSON', `${frames.join('\n')}\n[DONE]\n`],
    ['with chunks that have a role only', sse(chunk({ role: 'assistant' })) + SEVEN],
    ['with an empty list of choices first', sse({ choices: [] }) + SEVEN],
    ['with other choices, by number', sse({ choices: [{ index: 1, delta: { content: 'No' } }] }) + SEVEN],
    ['with other choices, by a number as text', sse({ choices: [{ index: '1', delta: { content: 'No' } }] }) + SEVEN],
    ['with usage behind [DONE]', SEVEN + sse({ choices: [], usage: { prompt_tokens: 1, completion_tokens: 2 } })],
    ['with a good status in each chunk', sse({ ...chunk({}), base_resp: { status_code: 0, status_msg: '' } }) + SEVEN],
    ['with an empty list of errors', sse({ ...chunk({}), errors: [] }) + SEVEN],
  ])('%s is read', async (_, body) => {
    expect(await read('chat', body)).toMatchObject({ text: 'Seven.', reason: 'stop', code: undefined });
  });

  test.each<[string, string]>([
    ['no JSON between objects', `data: ${frames.join(' and ')}\n\n`],
    ['an object that is cut', `data: ${frames.join('')}{"choices":[\n\n`],
  ])('with %s is broken', async (_, body) => {
    expect(await read('chat', body)).toMatchObject({ code: 'stream_broken' });
  });

  test.each<[string, object]>([
    ['reasoning_summary', { reasoning_summary: 'Hm.' }],
    ['thinking_content', { thinking_content: 'Hm.' }],
    ['thoughts', { thoughts: 'Hm.' }],
    ['reasoning with content in it', { reasoning: { content: 'Hm.' } }],
    ['a list in reasoning_content', { reasoning_content: ['H', 'm.'] }],
    ['reasoning_details', { reasoning_details: [{ type: 'reasoning.summary', summary: 'Hm.' }] }],
    ['a part that is a thought', { content: [{ type: 'text', text: 'Hm.', thought: true }] }],
  ])('has its thinking under %s', async (_, delta) => {
    expect(await read('chat', sse(chunk(delta)) + SEVEN)).toMatchObject({ thinking: 'Hm.', text: 'Seven.' });
  });

  test('has counts of tokens as text', async () => {
    const usage = { prompt_tokens: '1', completion_tokens: '2' };
    expect(await read('chat', say('Seven.') + sse({ choices: [], usage }) + END)).toMatchObject({
      usage: { promptTokens: 1, completionTokens: 2, totalTokens: 3 },
    });
  });

  test.each<[string, unknown[]]>([
    ['all arguments so far', ['{"x"', '{"x":1', '{"x":1}', '{"x":1}']],
    ['all arguments so far, from nothing', ['', '{', '{"x":', '{"x":1}']],
    ['all arguments again', ['{"x":1}', '{"x":1}']],
    ['an object', [{ x: 1 }]],
    ['pieces', ['{"x"', ':', '1}']],
  ])('may have %s in the fragments of a call', async (_, pieces) => {
    const calls = pieces.map((piece) =>
      sse(chunk({ tool_calls: [{ index: 0, id: 'a', function: { name: 'look', arguments: piece } }] })),
    );
    expect(await read('chat', calls.join('') + END)).toMatchObject({
      calls: [{ id: 'a', name: 'look', arguments: '{"x":1}' }],
      reason: 'tool_calls',
    });
  });

  test('keeps arguments that repeat their beginning within', async () => {
    const pieces = ['{"a":', '{"a":1}}'].map((piece) =>
      sse(chunk({ tool_calls: [{ index: 0, id: 'a', function: { name: 'look', arguments: piece } }] })),
    );
    expect((await read('chat', pieces.join('') + END)).calls).toMatchObject([{ arguments: '{"a":{"a":1}}' }]);
  });
});

describe('an error in an answer of status 200', () => {
  test.each<[string, object, string]>([
    ['a list of errors', { errors: [{ message: 'x', code: 503 }] }, 'provider_error'],
    ['no success', { success: false, errors: [], messages: [], result: null }, 'provider_error'],
    [
      'no success, for the key',
      { success: false, errors: [{ code: 10000, message: 'Authentication error' }] },
      'provider_unauthorized',
    ],
    ['a code and msg', { code: 1301, msg: 'The input contains sensitive content', success: false }, 'content_filter'],
    ['a code and msg, without more', { code: 401, msg: 'no key' }, 'provider_unauthorized'],
    ['base_resp', { base_resp: { status_code: 1008, status_msg: 'insufficient balance' } }, 'provider_quota'],
    ['statusCode', { statusCode: 429, message: 'Rate limit is exceeded.' }, 'provider_rate_limited'],
    ['a quota', { error: { code: 'insufficient_quota', message: 'x' } }, 'provider_quota'],
  ])('may be %s', async (_, body, code) => {
    expect(await read('chat', body, json)).toMatchObject({ code });
    expect(await read('chat', say('Sev') + sse(body))).toMatchObject({ text: 'Sev', code });
  });

  test.each<[string, string]>([
    ['an empty object', '{}'],
    ['the details of another service', '{"detail":[{"msg":"x"}]}'],
    ['a success of another service', '{"success":true,"result":[]}'],
  ])('is not %s: the server is no such API', async (_, body) => {
    expect(await read('chat', body, json)).toMatchObject({ code: 'provider_not_an_api' });
  });
});

describe('a refusal', () => {
  test.each<[string, number, object, string]>([
    ['of a key, by Gemini', 400, [{ error: { code: 400, message: 'API key not valid.' } }], 'provider_unauthorized'],
    ['of a key, by xAI', 400, { error: 'Incorrect API key provided: ab***yz.' }, 'provider_unauthorized'],
    [
      'of a long prompt, by llama.cpp',
      500,
      { error: { code: 500, message: 'the request exceeds the available context size.', type: 'server_error' } },
      'context_too_long',
    ],
    [
      'for money, by Together',
      403,
      { error: { message: 'Credit limit exceeded', type: 'credit_limit' } },
      'provider_quota',
    ],
    [
      'for money, by SiliconFlow',
      429,
      { code: 30001, message: 'your account balance is insufficient' },
      'provider_quota',
    ],
    ['for money, by Zhipu', 429, { error: { code: '1113', message: 'Your account is in arrears' } }, 'provider_quota'],
    ['for want of capacity, by Groq', 498, { error: { message: 'Flex tier capacity exceeded' } }, 'provider_error'],
    ['of a gateway whose upstream left', 499, { error: 'x' }, 'provider_error'],
    [
      'of content, with the code within',
      400,
      { error: { code: 'BadRequest', message: 'x', innererror: { code: 'ResponsibleAIPolicyViolation' } } },
      'content_filter',
    ],
    [
      'with the code in JSON in its text',
      400,
      { error: JSON.stringify({ error: { code: 'insufficient_quota', message: 'x' } }) },
      'provider_quota',
    ],
    [
      'with the code in JSON in its message',
      400,
      { message: JSON.stringify({ error: { code: 'context_length_exceeded', message: 'x' } }) },
      'context_too_long',
    ],
    ['for tokens a minute, by Bedrock', 429, { message: 'Too many tokens, please wait.' }, 'provider_rate_limited'],
  ])('%s has its meaning', async (_, status, body, code) => {
    for (const api of ['chat', 'responses'] as const)
      expect(await read(api, body, json, status)).toMatchObject({ code, detail: { status } });
  });

  test.each<[string, Record<string, string>, object]>([
    ['as Azure says it', { 'x-ms-retry-after-ms': '3000' }, {}],
    ['in seconds with their unit', { 'retry-after': '3s' }, {}],
    ['as Google says it, in the body', {}, { details: [{ '@type': 'RetryInfo', retryDelay: '3s' }] }],
  ])('has the pause %s', async (_, headers, more) => {
    const body = { error: { message: 'x', ...more } };
    expect(await read('chat', body, { ...json, ...headers }, 429)).toMatchObject({ retryAfterMs: 3_000 });
  });
});

describe('a response', () => {
  const event = (type: string, fields: object = {}) => sse({ type, ...fields });
  const delta = event('response.output_text.delta', { delta: 'Seven.' });
  const item = { type: 'message', content: [{ type: 'output_text', text: 'Seven.' }] };
  const ended = { id: 'resp_1', object: 'response', status: 'completed', output: [] as object[] };
  const completed = event('response.completed', { response: ended });
  test.each<[string, string | object, object]>([
    ['with carriage returns alone', (delta + completed).replaceAll('\n', '\r'), events],
    ['that ends with response.done', delta + event('response.done', { response: ended }), events],
    ['with null for a delta', event('response.output_text.delta', { delta: null }) + delta + completed, events],
    ['that is JSON', { ...ended, output: [item] }, json],
    ['that is JSON without a status', { ...ended, output: [item], status: undefined }, json],
    ['that is JSON with all text in one field', { ...ended, output_text: 'Seven.' }, json],
  ])('%s is read', async (_, body, headers) => {
    expect(await read('responses', body, headers)).toMatchObject({ text: 'Seven.', reason: 'stop', code: undefined });
  });

  test.each([
    ['insufficient_quota', 'x', 'provider_quota'],
    ['rate_limit_exceeded', 'x', 'provider_rate_limited'],
    ['server_error', 'Your input exceeds the context window of this model.', 'context_too_long'],
  ])('that failed with %s (%s) has its meaning', async (code, message, meaning) => {
    const response = { ...ended, status: 'failed', error: { code, message } };
    expect(await read('responses', event('response.failed', { response }))).toMatchObject({ code: meaning });
  });
});

describe('a message', () => {
  const event = (type: string, fields: object = {}) =>
    `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
  const begin = (input_tokens: unknown = 3) =>
    event('message_start', { message: { model: 'm', usage: { input_tokens } } });
  const text = event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'Seven.' } });
  const end = (stop_reason = 'end_turn', output_tokens: unknown = 5) =>
    event('message_delta', { delta: { stop_reason }, usage: { output_tokens } }) + event('message_stop');
  const whole = { type: 'message', content: [{ type: 'text', text: 'Seven.' }], stop_reason: 'end_turn' };

  test.each<[string, string | object, object]>([
    ['with carriage returns alone', (begin() + text + end()).replaceAll('\n', '\r'), events],
    [
      'whose last event has the stop reason',
      begin() + text + event('message_stop', { stop_reason: 'end_turn' }),
      events,
    ],
    ['that is one event', sse(whole), events],
    ['that is JSON in a stream', whole, events],
    ['that is JSON of no type', whole, {}],
    ['whose content is a text', { ...whole, content: 'Seven.' }, json],
    ['whose content is texts', { ...whole, content: ['Sev', 'en.'] }, json],
  ])('%s is read', async (_, body, headers) => {
    expect(await read('messages', body, headers)).toMatchObject({ text: 'Seven.', reason: 'stop', code: undefined });
  });

  test('has counts of tokens as text', async () => {
    expect(await read('messages', begin('3') + text + end('end_turn', '5'))).toMatchObject({
      usage: { totalTokens: 8 },
    });
  });

  test.each<[string, unknown, unknown]>([
    ['text for its place', '1', '{"x":1}'],
    ['no place', undefined, '{"x":1}'],
    ['an object for a piece', 1, { x: 1 }],
  ])('has a call with %s', async (_, index, partial_json) => {
    const body =
      event('content_block_start', { index, content_block: { type: 'tool_use', id: 'a', name: 'look', input: {} } }) +
      event('content_block_delta', { index, delta: { type: 'input_json_delta', partial_json } });
    expect(await read('messages', begin() + body + end('tool_use'))).toMatchObject({
      calls: [{ id: 'a', name: 'look', arguments: '{"x":1}' }],
      reason: 'tool_calls',
    });
  });

  test('without a stop reason is taken once a server has shown that it sends none', async () => {
    const body = begin() + text + event('message_stop');
    expect(await read('messages', body)).toMatchObject({ code: 'stream_broken', detail: { code: 'no_finish_reason' } });
    const options = { signal: new AbortController().signal, silenceMs: 600_000, mayLackReason: true };
    const parts = [];
    for await (const part of createAnthropic({ baseUrl, apiKey: 'k' }).streamReply(someRequest, options))
      parts.push(part);
    expect(parts.at(-1)).toMatchObject({ type: 'finish', reason: 'stop' });
    expect(await read('messages', begin() + text)).toMatchObject({ code: 'stream_broken', detail: undefined });
  });
});
