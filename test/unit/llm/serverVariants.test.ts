import { createServer, type RequestListener } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { TurnFailure } from '../../../domain/log/failures.js';
import { createAnthropic } from '../../../llm/anthropic/anthropic.js';
import { createChatCompletions } from '../../../llm/chatCompletions/chatCompletions.js';
import { createClassifierCalls } from '../../../llm/chatCompletions/classifierCalls.js';
import { close, listen } from '../../../scripts/provider/http.js';
import { collectReply } from '../../support/provider/collectReply.js';

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
const sse = (frame: unknown) => `data: ${JSON.stringify(frame)}\n\n`;
const chunk = (delta: unknown, finish_reason: string | null = null) => ({
  ...{ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm' },
  choices: [{ index: 0, delta, finish_reason }],
});
const say = (content: unknown) => sse(chunk({ content }));
const call = (fragment: object) => sse(chunk({ tool_calls: [fragment] }));
const END = `${sse(chunk({}, 'stop'))}data: [DONE]\n\n`;
const SEVEN = say('Sev') + say('en.') + END;

const ask = async (at = baseUrl) => {
  const { text, thinking, calls, finish, error } = await collectReply(
    createChatCompletions({ baseUrl: at, apiKey: 'k' }),
    { silenceMs: 20_000 },
  );
  const { code, detail } = (error ?? {}) as Partial<TurnFailure>;
  return { text, thinking, calls, reason: finish?.reason, code, detail };
};
function send(body: string | Uint8Array, headers: Record<string, string> = events, status = 200): void {
  answer = (_, response) => void response.writeHead(status, headers).end(body);
}

describe('a chunk', () => {
  test.each<[string, string]>([
    [
      'without choices before the first text',
      sse({ id: '', model: '', prompt_filter_results: [], choices: [] }) + SEVEN,
    ],
    ['without a delta', sse(chunk(null)) + SEVEN],
    ['with null for choices', sse({ choices: null }) + SEVEN],
    ['with null for a choice', sse({ choices: [null] }) + SEVEN],
    ['with one choice that is no list', sse({ choices: { index: 0, delta: { content: 'Seven.' } } }) + END],
    ['with null for calls', sse(chunk({ content: 'Seven.', tool_calls: null })) + END],
    ['with no parts', say([]) + SEVEN],
    [
      'of a filter behind the end',
      SEVEN.replace('data: [DONE]', `${sse({ choices: [{ content_filter_offsets: {} }] })}data: [DONE]`),
    ],
    [
      'of usage alone behind the end',
      SEVEN.replace('data: [DONE]', `${sse({ usage: { prompt_tokens: 1, completion_tokens: 2 } })}data: [DONE]`),
    ],
  ])('%s does not end the reply', async (_, body) => {
    send(body);
    expect(await ask()).toMatchObject({ text: 'Seven.', reason: 'stop', code: undefined });
  });

  test.each<[string, string, string]>([
    [
      'null for its index',
      call({ index: null, id: 'a', function: { name: 'look', arguments: '{"x":' } }) +
        call({ index: null, id: null, function: { name: null, arguments: '1}' } }),
      '{"x":1}',
    ],
    [
      'text for its index',
      call({ index: '0', id: 'a', function: { name: 'look', arguments: '{"x":' } }) +
        call({ index: '0', function: { arguments: '1}' } }),
      '{"x":1}',
    ],
    ['null for its arguments', call({ index: 0, id: 'a', function: { name: 'look', arguments: null } }), ''],
    ['no arguments', call({ index: 0, id: 'a', function: { name: 'look' } }), ''],
    [
      'null for its function first',
      call({ index: 0, id: 'a', function: null }) + call({ index: 0, function: { name: 'look', arguments: '{}' } }),
      '{}',
    ],
  ])('of a call with %s is read', async (_, body, sent) => {
    send(body + END);
    expect(await ask()).toMatchObject({ calls: [{ name: 'look', arguments: sent }], reason: 'tool_calls' });
  });
});

describe('an error in the middle of a stream', () => {
  test.each<[string, unknown, string]>([
    ['OpenAI', { error: { message: 'x', type: 'server_error', code: null } }, 'provider_error'],
    [
      'OpenRouter',
      { error: { code: 502, message: 'x' }, choices: [{ delta: { content: '' }, finish_reason: 'error' }] },
      'provider_error',
    ],
    ['Gemini', [{ error: { code: 429, message: 'x', status: 'RESOURCE_EXHAUSTED' } }], 'provider_rate_limited'],
    ['vLLM', { error: { object: 'error', message: 'x', type: 'InternalServerError', code: 500 } }, 'provider_error'],
    [
      'vLLM before',
      { object: 'error', message: 'x', type: 'BadRequestError', param: null, code: 400 },
      'provider_refused',
    ],
    ['Ollama', { error: 'model runner has unexpectedly stopped' }, 'provider_error'],
    ['llama.cpp', { error: { code: 500, message: 'x', type: 'server_error' } }, 'provider_error'],
    ['Groq', { error: { message: 'x', type: 'invalid_request_error', code: 'tool_use_failed' } }, 'provider_refused'],
    ['LiteLLM', { error: { message: 'x', type: 'throttling_error', code: '429' } }, 'provider_rate_limited'],
    [
      'Mistral',
      { object: 'error', message: 'x', type: 'service_tier_capacity_exceeded', code: '3505' },
      'provider_error',
    ],
    ['a proxy', { status: 500, error: 'Internal Server Error' }, 'provider_error'],
    ['a gateway, with the status beside it', { error: { message: 'x' }, status_code: 429 }, 'provider_rate_limited'],
    [
      'a gateway, with the cause in it',
      { error: { message: 'x', code: 400, metadata: { raw: '{"error":{"message":"prompt is too long"}}' } } },
      'context_too_long',
    ],
  ])('of %s ends the reply with its code, after the text', async (_, frame, code) => {
    send(say('Seven') + sse(frame) + END);
    expect(await ask()).toMatchObject({ text: 'Seven', code });
  });
});

describe('an answer over HTTP', () => {
  test.each<[string, (text: string) => Uint8Array]>([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ])('may be compressed with %s, a stream and a refusal', async (encoding, compress) => {
    send(compress(SEVEN), { ...events, 'content-encoding': encoding });
    expect(await ask()).toMatchObject({ text: 'Seven.', reason: 'stop' });
    const refusal = { error: { message: 'x', code: 'context_length_exceeded' } };
    send(compress(JSON.stringify(refusal)), { 'content-type': 'application/json', 'content-encoding': encoding }, 400);
    expect(await ask()).toMatchObject({ code: 'context_too_long', detail: { status: 400 } });
  });

  test('that is compressed and cut is a broken stream', async () => {
    send(gzipSync(SEVEN).subarray(0, 60), { ...events, 'content-encoding': 'gzip' });
    expect(await ask()).toMatchObject({ code: 'stream_broken' });
  });

  test.each(['in order', 'with a reset'])('of version 1.0, whose end is that of the connection, %s', async (how) => {
    const old = createTcpServer((socket) => {
      socket
        .on('error', () => undefined)
        .once('data', () => {
          const head = 'HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n\r\n';
          socket.write(head + SEVEN.replace('data: [DONE]\n\n', ''), () => {
            if (how === 'in order') socket.end();
            else setTimeout(() => socket.resetAndDestroy(), 200);
          });
        });
    });
    await new Promise<void>((resolve) => old.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = old.address() as { port: number };
      expect(await ask(`http://127.0.0.1:${port}/v1`)).toMatchObject({ text: 'Seven.', reason: 'stop' });
    } finally {
      await new Promise((resolve) => old.close(resolve));
    }
  });

  test.each([201, 202, 206])('of status %i with a reply is a reply', async (status) => {
    send(SEVEN, events, status);
    expect(await ask()).toMatchObject({ text: 'Seven.', reason: 'stop' });
  });

  test.each([204, 205, 301, 302, 303, 304, 307, 308])('of status %i is not of such an API', async (status) => {
    send('', { location: `${baseUrl}/elsewhere` }, status);
    expect(await ask()).toMatchObject({ code: 'provider_not_an_api', detail: { status } });
    const classifier = createClassifierCalls({ baseUrl, apiKey: 'k' });
    const question = { model: 'm', messages: [], requestId: 'r', name: 'n', schema: {} };
    const signal = new AbortController().signal;
    await expect(classifier.ask(question, { signal, timeoutMs: 20_000 })).rejects.toMatchObject({
      code: 'provider_not_an_api',
    });
  });

  test('of status 413 is a prompt that is too long, also with a page of a gateway', async () => {
    send('<html>413 Request Entity Too Large</html>', { 'content-type': 'text/html' }, 413);
    expect(await ask()).toMatchObject({ code: 'context_too_long', detail: { status: 413 } });
  });
});

describe('a stream of a server that is compatible with the Messages API', () => {
  const event = (fields: { type: string } & Record<string, unknown>) =>
    `event: ${fields.type}\ndata: ${JSON.stringify(fields)}\n\n`;
  const begin = event({ type: 'message_start', message: { model: 'm', content: [], usage: {} } });
  const text = (piece: string) =>
    event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: piece } });
  const end = (stop_reason = 'end_turn') =>
    event({ type: 'message_delta', delta: { stop_reason } }) + event({ type: 'message_stop' });
  const askForMessage = async (body: string) => {
    send(body);
    const { text: said, thinking, finish, error } = await collectReply(createAnthropic({ baseUrl, apiKey: 'k' }));
    return { text: said, thinking, reason: finish?.reason, code: (error as TurnFailure | undefined)?.code };
  };

  test.each<[string, string]>([
    ['with carriage returns', (begin + text('Seven.') + end()).replaceAll('\n', '\r\n')],
    ['with [DONE]', `${begin}${text('Seven.')}${end()}data: [DONE]\n\n`],
    [
      'with pings of text and of nothing',
      `${begin}event: ping\ndata: ping\n\nevent: ping\ndata:\n\n${text('Seven.')}${end()}`,
    ],
    ['with values that are no objects', `${begin}data: null\n\ndata: 5\n\n${text('Seven.')}${end()}`],
    ['without names', (begin + text('Seven.') + end()).replaceAll(/event: .*\n/g, '')],
    ['with a reason in capitals', begin + text('Seven.') + end('END_TURN')],
  ])('is read %s', async (_, body) => {
    expect(await askForMessage(body)).toEqual({ text: 'Seven.', thinking: '', reason: 'stop', code: undefined });
  });

  test.each<[string, string]>([
    ['of another API', event({ type: 'error', error: 'overloaded' })],
    ['without an object', event({ type: 'error', message: 'x', code: 529 })],
    ['that is no JSON', 'event: error\ndata: upstream failed\n\n'],
  ])('with an error %s fails as its provider', async (_, body) => {
    expect(await askForMessage(begin + text('Seven') + body)).toMatchObject({ text: 'Seven', code: 'provider_error' });
  });

  test.each([
    ['MAX_TOKENS', 'length', undefined],
    ['SAFETY', 'content_filter', undefined],
    ['error', undefined, 'provider_error'],
  ])('that stops for %s ends with %s, or fails with %s', async (word, reason, code) => {
    expect(await askForMessage(begin + text('Seven.') + end(word))).toMatchObject({ text: 'Seven.', reason, code });
  });

  test('has the thinking that an open model wrote into its text apart', async () => {
    const body = begin + text('<thi') + text('nk>Hm.</think>') + text('\n\nSeven.') + end();
    expect(await askForMessage(body)).toMatchObject({ text: 'Seven.', thinking: 'Hm.', reason: 'stop' });
    expect(await askForMessage(begin + text('Hm.') + text('</think>Seven.') + end())).toMatchObject({
      text: 'Seven.',
      thinking: 'Hm.',
    });
    expect(await askForMessage(`${begin + text('Seven <')}`)).toMatchObject({ text: 'Seven <', code: 'stream_broken' });
  });
});
