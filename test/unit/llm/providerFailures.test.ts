import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { TurnFailure } from '../../../domain/log/failures.js';
import { createChatCompletions } from '../../../llm/chatCompletions/chatCompletions.js';
import type { ReplyProvider } from '../../../llm/port.js';
import { type CollectedReply, collectReply } from '../../support/provider/collectReply.js';
import { type ScriptedProvider, startScriptedProvider } from '../../support/provider/scriptedProvider.js';
import type { Reply, Step } from '../../support/provider/scriptedReply.js';

const KEY = 'sk-canary0000key';
let server: ScriptedProvider;
let provider: ReplyProvider;
let logged: object[];

beforeAll(async () => {
  server = await startScriptedProvider();
});
afterAll(() => server.close());
beforeEach(() => {
  server.unscript();
  server.requests.length = 0;
  logged = [];
  provider = createChatCompletions({
    baseUrl: server.baseUrl,
    apiKey: KEY,
    log: { warn: (fields, message) => logged.push({ ...fields, message }) },
  });
});

/** Asks for one reply, and checks that the provider did what it was told. */
async function ask(
  reply: Reply,
  fired: string,
  silenceMs = 20_000,
): Promise<CollectedReply & { failure: TurnFailure }> {
  server.script(reply);
  const collected = await collectReply(provider, { silenceMs });
  expect(server.requests.at(-1)?.did).toContain(fired);
  expect(collected.error).toBeInstanceOf(TurnFailure);
  return { ...collected, failure: collected.error as TurnFailure };
}

const streamed = (...steps: Step[]): Reply => ({ steps: [{ text: 'Once ' }, { text: 'upon' }, ...steps] });

describe('a provider that answers with a status', () => {
  test.each([
    [401, 'provider_unauthorized', false],
    [403, 'provider_unauthorized', false],
    [404, 'model_not_found', false],
    [400, 'provider_refused', false],
    [402, 'provider_quota', false],
    [413, 'context_too_long', false],
    [422, 'provider_refused', false],
    [408, 'provider_error', true],
    [409, 'provider_error', true],
    [425, 'provider_error', true],
    [429, 'provider_rate_limited', true],
    [500, 'provider_error', true],
    [502, 'provider_error', true],
    [503, 'provider_error', true],
    [529, 'provider_error', true],
  ])('of %i fails as %s', async (status, code, retried) => {
    const { failure, text } = await ask({ status, body: { error: { message: 'no' } } }, `status ${status}`);
    expect({ code: failure.code, retried: failure.retried, text }).toEqual({ code, retried, text: '' });
  });

  test('is asked once: Temporal retries, not the library', async () => {
    await ask({ status: 500, headers: { 'x-should-retry': 'true' } }, 'status 500');
    expect(server.requests).toHaveLength(1);
  });

  test('of 400 for a model that it does not have fails as model_not_found', async () => {
    const { failure } = await ask({ status: 400, body: { error: { code: 'model_not_found' } } }, 'status 400');
    expect(failure.code).toBe('model_not_found');
  });

  test('may answer with no body, or one that is no JSON', async () => {
    for (const body of ['<html>', '']) {
      expect((await ask({ status: 502, body }, 'status 502')).failure.code).toBe('provider_error');
    }
  });
});

describe('a provider that says when to come back', () => {
  test.each([
    ['seconds', 429, { 'retry-after': '3' }, 3_000],
    ['milliseconds', 429, { 'retry-after-ms': '120' }, 120],
    ['far too many seconds', 429, { 'retry-after': '3600' }, 60_000],
    ['seconds, with a 503', 503, { 'retry-after': '2' }, 2_000],
  ])('in %s is obeyed', async (_, status, headers, expected) => {
    const { failure } = await ask({ status, headers: headers as Record<string, string> }, `status ${status}`);
    expect(failure.retryAfterMs).toBe(expected);
  });

  test('is obeyed when it sends an HTTP date', async () => {
    const headers = { 'retry-after': new Date(Date.now() + 20_000).toUTCString() };
    const { failure } = await ask({ status: 429, headers }, 'status 429');
    expect(failure.retryAfterMs).toBeGreaterThan(17_000);
    expect(failure.retryAfterMs).toBeLessThanOrEqual(20_000);
  });

  test('is not obeyed when it sends an unknown format', async () => {
    const { failure } = await ask({ status: 429, headers: { 'retry-after': 'soon' } }, 'status 429');
    expect(failure.retryAfterMs).toBeUndefined();
  });
});

describe('a provider that can not be reached', () => {
  test('because nothing listens fails as provider_unreachable', async () => {
    await server.down();
    try {
      const { error } = await collectReply(provider);
      expect(error).toMatchObject({ code: 'provider_unreachable', cause: { systemCode: 'ECONNREFUSED' } });
      expect(server.requests).toHaveLength(0);
    } finally {
      await server.up();
    }
    expect((await collectReply(provider)).finish?.reason).toBe('stop');
  });

  test('has no cost without a connection, and an unknown cost with one', async () => {
    const nowhere = createChatCompletions({ baseUrl: 'http://provider.invalid/v1', apiKey: KEY });
    expect((await collectReply(nowhere)).error).toMatchObject({ code: 'provider_unreachable', spent: 'nothing' });
    expect((await ask({ hangUp: 'reset' }, 'reset')).failure.spent).toBe('tokens');
  });

  test('because its name does not resolve fails as provider_unreachable', async () => {
    const nowhere = createChatCompletions({ baseUrl: 'http://provider.invalid/v1', apiKey: KEY });
    expect((await collectReply(nowhere)).error).toMatchObject({ code: 'provider_unreachable' });
  });

  test.each(['close', 'reset'] as const)(
    'because it answers with a %s fails as provider_unreachable',
    async (hangUp) => {
      const { failure } = await ask({ hangUp }, hangUp);
      expect(failure.code).toBe('provider_unreachable');
    },
  );
});

describe('a provider that goes silent', () => {
  test('before it answers is aborted', async () => {
    const { failure } = await ask({ silent: true }, 'silent', 1_500);
    expect(failure.code).toBe('provider_silent');
    expect(await server.requests[0]?.left()).toBeGreaterThan(0);
  });

  test('in mid-stream is aborted, and its text is kept', async () => {
    const { failure, text } = await ask(streamed(), 'text', 1_500);
    expect({ code: failure.code, text }).toEqual({ code: 'provider_silent', text: 'Once upon' });
    expect(await server.requests[0]?.left()).toBeGreaterThan(0);
  });

  test('is not reported as silent while it sends comments or empty lines', async () => {
    const signs = [': keep-alive\n\n', ':\n', '\n\n', 'data: \n\n', ': OPENROUTER PROCESSING\r\n\r\n'];
    const alive = [...signs, ...signs].flatMap((bytes): Step[] => [{ waitMs: 300 }, { bytes }]);
    server.script({ steps: [...alive, { text: 'Late.' }, { finish: 'stop' }, { done: true }, { end: true }] });
    expect(await collectReply(provider, { silenceMs: 1_200 })).toMatchObject({ text: 'Late.', error: undefined });
    const { failure } = await ask(streamed(...alive), 'bytes', 1_200);
    expect(failure.code).toBe('provider_silent');
  });

  test('is not reported as silent while each frame arrives in time', async () => {
    const slow = Array.from({ length: 6 }, (): Step[] => [{ waitMs: 400 }, { frame: { choices: [] } }]).flat();
    server.script({ steps: [...slow, { text: 'Late.' }, { finish: 'stop' }, { done: true }, { end: true }] });
    expect(await collectReply(provider, { silenceMs: 2_000 })).toMatchObject({ text: 'Late.', error: undefined });
  });

  test('is not reported as silent while its reader is busy', async () => {
    server.script({
      steps: [{ text: 'a' }, { waitMs: 30 }, { text: 'b' }, { finish: 'stop' }, { done: true }, { end: true }],
    });
    let text = '';
    const reply = provider.streamReply(
      { model: 'm', messages: [], requestId: 'turn_1/reply:0/1' },
      { signal: new AbortController().signal, silenceMs: 100 },
    );
    for await (const part of reply) {
      if (part.type !== 'delta') continue;
      text += part.text;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    expect(text).toBe('ab');
  });
});

describe('a stream that breaks', () => {
  test.each([
    ['a reset', [{ reset: true }], 'reset'],
    ['a closed connection', [{ close: true }], 'close'],
    ['an end without a finish reason', [{ end: true }], 'end'],
    ['[DONE] without a finish reason', [{ done: true }, { end: true }], 'done'],
    ['a frame that is no JSON', [{ bytes: 'data: {"choices": [\n\n' }], 'bytes'],
    ['a frame cut by the end', [{ bytes: 'data: {"choi' }, { end: true }], 'end'],
  ] satisfies [string, Step[], string][])(
    'by %s fails as stream_broken and keeps the received text',
    async (_, steps, fired) => {
      // the pause lets what was sent arrive: a reset may overtake it
      const { failure, text, finish } = await ask(streamed({ waitMs: 30 }, ...steps), fired);
      expect({ code: failure.code, text, finish }).toEqual({
        code: 'stream_broken',
        text: 'Once upon',
        finish: undefined,
      });
    },
  );

  test('with an error object fails with the code for that error', async () => {
    const { failure, text } = await ask(streamed({ error: { message: 'busy', code: 'rate_limit_exceeded' } }), 'error');
    expect({ code: failure.code, text }).toEqual({ code: 'provider_rate_limited', text: 'Once upon' });
  });

  test('before its first byte, or is no event stream, fails as stream_broken', async () => {
    expect((await ask({ steps: [{ end: true }] }, 'end')).failure.code).toBe('stream_broken');
    expect((await ask({ status: 200, body: '{"choices":[' }, 'status 200')).failure.code).toBe('stream_broken');
  });

  test.each([
    ['reset', [{ waitMs: 30 }, { reset: true }]],
    ['close', [{ close: true }]],
    ['error', [{ error: { message: 'too late' } }]],
    ['bytes', [{ bytes: 'data: {{{\n\n' }]],
    ['waitMs', [{ waitMs: 1 }]],
  ] satisfies [string, Step[]][])('after the finish reason (%s) is complete', async (fired, steps) => {
    server.script(streamed({ finish: 'stop' }, ...steps));
    const { text, finish, error } = await collectReply(provider, { silenceMs: 2_000 });
    expect({ text, finish, error }).toEqual({
      text: 'Once upon',
      finish: { type: 'finish', reason: 'stop', usage: null, model: 'gpt-4.1' },
      error: undefined,
    });
    expect(server.requests[0]?.did).toContain(fired);
  });
});

describe('a request to continue a text', () => {
  const continued = async (reply: Reply) => {
    server.script(reply);
    const continuing = createChatCompletions({ baseUrl: server.baseUrl, apiKey: KEY, continuation: 'openrouter' });
    const request = { model: 'm', messages: [], requestId: 'turn_1/reply:0/2', continueFrom: 'Once ' };
    return (await collectReply(continuing, { request })).error as TurnFailure | undefined;
  };

  test.each<[string, Reply]>([
    ['400', { status: 400, body: { error: { message: 'no prefill' } } }],
    ['422', { status: 422, body: { detail: [{ loc: ['body', 'messages'] }] } }],
    ['404 of a model', { status: 404, body: { error: { message: 'No endpoints found that support it.' } } }],
    ['an error in its stream', { steps: [{ error: { code: 400, message: 'x' } }, { end: true }] }],
  ])('that is refused by %s lets the next attempt start over', async (_, reply) => {
    expect(await continued(reply)).toMatchObject({ code: 'response_gone', retried: true });
  });

  test.each([
    [401, 'provider_unauthorized'],
    [402, 'provider_quota'],
    [429, 'provider_rate_limited'],
    [500, 'provider_error'],
  ])('that fails with %i for another reason has the code for it', async (status, code) => {
    expect(await continued({ status, body: { error: { message: 'no' } } })).toMatchObject({ code });
  });

  test('gives the rest of the text', async () => expect(await continued(streamed({ finish: 'stop' }))).toBeUndefined());
});

describe('the key and the prose', () => {
  test('are in no failure and no log, whatever the provider sends', async () => {
    const telling = { message: `Incorrect API key provided: ${KEY}. You said: canary-prose`, code: KEY, param: KEY };
    const headers = { 'x-request-id': 'req_123', 'x-echo': `Bearer ${KEY}` };
    const failures = [
      (await ask({ status: 401, headers, body: { error: telling } }, 'status 401')).failure,
      (await ask({ status: 500, body: `canary-prose ${KEY}` }, 'status 500')).failure,
      (await ask(streamed({ error: telling }), 'error')).failure,
      (await ask(streamed({ bytes: `data: {"canary-prose": "${KEY}\n\n` }), 'bytes')).failure,
      (await ask({ hangUp: 'reset' }, 'reset')).failure,
    ];
    expect(server.requests[0]?.headers.authorization).toBe(`Bearer ${KEY}`);
    expect(logged).toHaveLength(failures.length);
    expect(logged[0]).toMatchObject({
      requestId: 'turn_1/reply:0/1',
      code: 'provider_unauthorized',
      fault: { status: 401, providerRequestId: 'req_123' },
    });
    const said = JSON.stringify([logged, failures.map((f) => [f.message, f.stack, f.cause, { ...f }])]);
    expect(said).not.toContain(KEY);
    expect(said).not.toContain('canary-prose');
  });

  test('are not in the error for a key that no header can carry', () => {
    const make = () => createChatCompletions({ baseUrl: server.baseUrl, apiKey: 'sk-é\nx' });
    expect(make).toThrow(/characters/);
    expect(make).not.toThrow(/sk-/);
  });
});
