import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { TurnFailure, toPublicError } from '../../../domain/log/failures.js';
import { createChatCompletions } from '../../../llm/chatCompletions/chatCompletions.js';
import type { ReplyProvider } from '../../../llm/port.js';
import { collectReply } from '../../support/provider/collectReply.js';
import { type ScriptedProvider, startScriptedProvider } from '../../support/provider/scriptedProvider.js';
import type { Reply } from '../../support/provider/scriptedReply.js';

const KEY = 'sk-canary0000key';
let server: ScriptedProvider;
let provider: ReplyProvider;

beforeAll(async () => {
  server = await startScriptedProvider();
});
afterAll(() => server.close());
beforeEach(() => {
  server.unscript();
  server.requests.length = 0;
  provider = createChatCompletions({ baseUrl: server.baseUrl, apiKey: KEY });
});

/** Asks for one reply, and checks that the provider did what it was told. */
async function ask(reply: Reply, fired: string): Promise<{ failure: TurnFailure }> {
  server.script(reply);
  const { error } = await collectReply(provider);
  expect(server.requests.at(-1)?.did).toContain(fired);
  expect(error).toBeInstanceOf(TurnFailure);
  return { failure: error as TurnFailure };
}

describe('a refusal of the provider', () => {
  test.each([
    ['OpenAI', 429, { type: 'insufficient_quota', code: 'insufficient_quota' }],
    ['DeepSeek', 402, { message: 'Insufficient Balance', type: 'unknown_error', code: 'invalid_request_error' }],
    ['Anthropic', 400, { type: 'invalid_request_error', message: 'Your credit balance is too low to access the API.' }],
    ['OpenRouter', 402, { message: 'This request requires more credits, or fewer max_tokens.', code: 402 }],
  ])('about the account, as from %s, fails as provider_quota, which is final', async (_, status, error) => {
    const { failure } = await ask({ status, body: { error } }, `status ${status}`);
    expect([failure.code, failure.retried, failure.spent]).toEqual(['provider_quota', false, 'call']);
  });

  test.each([
    ['OpenAI', 400, { code: 'context_length_exceeded', message: "This model's maximum context length is 8 tokens." }],
    [
      'Anthropic',
      400,
      { type: 'invalid_request_error', message: 'prompt is too long: 210000 tokens > 200000 maximum' },
    ],
    [
      'Gemini',
      400,
      { code: 400, message: 'The input token count (9) exceeds the maximum number of tokens allowed (8).' },
    ],
    ['llama.cpp', 400, { code: 400, type: 'exceed_context_size_error', message: 'exceeds the available context size' }],
    ['Mistral', 422, { message: 'Prompt contains 9 tokens, too large for model with 8 maximum context length' }],
  ])('of a prompt that is too long, as from %s, fails as context_too_long', async (_, status, error) => {
    const { failure } = await ask({ status, body: { error } }, `status ${status}`);
    expect([failure.code, failure.retried]).toEqual(['context_too_long', false]);
  });

  test('for too many tokens a minute is a rate limit', async () => {
    const error = { message: 'Too many tokens per minute. Please reduce the length of the messages.' };
    expect((await ask({ status: 429, body: { error } }, 'status 429')).failure.code).toBe('provider_rate_limited');
  });

  test.each([
    [
      'at the top of its body',
      { object: 'error', message: 'maximum context length', type: 'BadRequestError', code: 400 },
    ],
    ['in a list', [{ error: { message: 'maximum context length', type: 'BadRequestError' } }]],
    ['as a text', { error: 'maximum context length', type: 'BadRequestError' }],
  ])('whose error is %s is understood', async (_, body) => {
    const { failure } = await ask({ status: 400, body }, 'status 400');
    expect(failure).toMatchObject({ code: 'context_too_long', detail: { status: 400, type: 'BadRequestError' } });
  });

  test.each([
    [404, '<!doctype html><h1>Not Found</h1>'],
    [404, { detail: 'Not Found' }],
    [404, ''],
    [405, 'method not allowed'],
    [400, '<html><h1>The plain HTTP request was sent to HTTPS port</h1></html>'],
  ])('of status %i whose body is no error of an API fails as provider_not_an_api', async (status, body) => {
    const { failure } = await ask({ status, body }, `status ${status}`);
    expect([failure.code, failure.retried]).toEqual(['provider_not_an_api', false]);
  });

  test('has the cleaned codes of the error in its detail', async () => {
    const error = { message: 'No.', type: 'invalid_request_error', code: 'bad_value', param: 'messages[0].content' };
    const headers = { 'x-request-id': 'req_1' };
    const { failure } = await ask({ status: 400, headers, body: { error } }, 'status 400');
    expect(failure.detail).toEqual({
      status: 400,
      code: 'bad_value',
      type: 'invalid_request_error',
      param: 'messages[0].content',
      requestId: 'req_1',
    });
    const hostile = { type: 'x'.repeat(65), code: 'a b', param: '<script>', message: 'No.' };
    expect((await ask({ status: 503, body: { error: hostile } }, 'status 503')).failure.detail).toEqual({
      status: 503,
    });
  });

  test('are not in the detail either, although the key looks like a code', async () => {
    const error = { message: 'no', type: KEY, code: `bad-${KEY}`, param: KEY };
    const headers = { 'x-request-id': `req-${KEY}` };
    const { failure } = await ask({ status: 400, headers, body: { error } }, 'status 400');
    expect([failure.code, failure.detail]).toEqual(['provider_refused', { status: 400 }]);
  });
});

describe('a reply with an error inside', () => {
  test.each([
    ['a page', '<!doctype html><html>Welcome</html>', 'text/html'],
    ['a greeting', 'Ollama is running', 'text/plain'],
    ['JSON of something else', { detail: 'ok' }, 'application/json'],
    ['a page of no type', ' <html>', ''],
  ])('that is %s fails as provider_not_an_api, which is final', async (_, body, type) => {
    const { failure } = await ask({ status: 200, body, headers: { 'content-type': type } }, 'status 200');
    expect([failure.code, failure.retried, failure.detail]).toEqual(['provider_not_an_api', false, { status: 200 }]);
    expect(toPublicError(failure.code).message).toContain('OPENAI_BASE_URL');
  });

  test('that is an HTML page fails as stream_broken and is retried', async () => {
    const { failure } = await ask({ steps: [{ bytes: '<html>Bad gateway</html>' }, { end: true }] }, 'end');
    expect([failure.code, failure.retried]).toEqual(['stream_broken', true]);
  });
});
