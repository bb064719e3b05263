import { createServer } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { TurnFailure } from '../../../domain/log/failures.js';
import { apiOf } from '../../../domain/providers/apiOf.js';
import { type AllowedHost, parseAllowedHost } from '../../../lib/providerAddress.js';
import { createStoredProvider } from '../../../llm/http/storedProvider.js';
import { close, listen } from '../../../scripts/provider/http.js';
import { collectReply, someRequest } from '../../support/provider/collectReply.js';
import { saying, startScriptedAnthropic } from '../../support/provider/scriptedAnthropic.js';
import { type ScriptedProvider, startScriptedProvider } from '../../support/provider/scriptedProvider.js';
import { type Reply, whole } from '../../support/provider/scriptedReply.js';
import { startScriptedResponses } from '../../support/provider/scriptedResponses.js';
import { freePort } from '../../support/service/freePort.js';

let server: ScriptedProvider;
let allowed: AllowedHost[];
beforeAll(async () => {
  server = await startScriptedProvider();
  allowed = [parseAllowedHost(`127.0.0.1:${server.port}`) as AllowedHost];
});
afterAll(() => server.close());
beforeEach(() => {
  server.unscript();
  server.requests.length = 0;
});

const byHost = { continuation: null, api: null, profile: null };
const stored = (baseUrl: string, byOperator = false) => ({ baseUrl, apiKey: 'k', byOperator, ...byHost });
const ask = async (baseUrl: string, { byOperator = false, hosts = allowed } = {}) => {
  const collected = await collectReply(createStoredProvider(stored(baseUrl, byOperator), hosts), { silenceMs: 20_000 });
  return { ...collected, failure: collected.error as TurnFailure | undefined };
};
const shown = ({ code, detail, retried, spent }: TurnFailure) => ({ code, detail, retried, spent });

describe('the provider of an owner', () => {
  test.each(['127.0.0.1', 'localhost', '[::ffff:127.0.0.1]', '2130706433'])(
    'is not connected to on this machine, with the address %s',
    async (host) => {
      const before = server.connections();
      const { failure } = await ask(`http://${host}:${server.port}/v1`, { hosts: [] });
      expect(failure?.code).toBe('provider_failed');
      expect(failure?.cause).toMatchObject({ failure: 'provider_host_not_allowed', systemCode: 'ADDRESS_REFUSED' });
      expect(server.connections()).toBe(before);
    },
  );

  test('is asked when the operator has listed its host', async () => {
    server.script(whole('Here.'));
    expect((await ask(server.baseUrl)).text).toBe('Here.');
  });

  test('is asked by a listed name, whose addresses are checked', async () => {
    server.script(whole('Here.'));
    const hosts = [parseAllowedHost('localhost') as AllowedHost];
    expect((await ask(`http://localhost:${server.port}/v1`, { hosts })).text).toBe('Here.');
  });

  test('fails alike when it is unreachable, no API, or refuses, and the cause is kept', async () => {
    const replies: [Reply, string][] = [
      [{ status: 401, body: { error: { code: 'invalid_api_key' } } }, 'provider_unauthorized'],
      [{ status: 404, body: '<html>' }, 'provider_not_an_api'],
      [{ status: 429, body: { error: { message: 'slow' } } }, 'provider_rate_limited'],
      [{ status: 500, body: '' }, 'provider_error'],
      [{ status: 400, body: { error: { code: 'context_length_exceeded' } } }, 'context_too_long'],
    ];
    const found: object[] = [];
    for (const [reply, code] of replies) {
      server.script(reply);
      const { failure } = await ask(server.baseUrl);
      expect(failure?.cause).toMatchObject({ failure: code });
      found.push(shown(failure as TurnFailure));
    }
    const port = await freePort();
    const closed = await ask(`http://127.0.0.1:${port}/v1`, { hosts: [parseAllowedHost('127.0.0.1') as AllowedHost] });
    expect(closed.failure?.cause).toMatchObject({ failure: 'provider_unreachable', systemCode: 'ECONNREFUSED' });
    found.push(shown(closed.failure as TurnFailure), shown((await ask('http://10.0.0.1/v1')).failure as TurnFailure));
    expect(new Set(found.map((each) => JSON.stringify(each))).size).toBe(1);
    expect(found[0]).toEqual({ code: 'provider_failed', detail: undefined, retried: true, spent: 'call' });
  });
});

describe('the API of a stored provider', () => {
  const connect = (baseUrl: string, settings: { api?: string; profile?: string }) =>
    createStoredProvider({ ...stored(baseUrl, true), ...settings }, []);

  test('is the Messages API where it is set, and the failures keep their codes', async () => {
    const anthropic = await startScriptedAnthropic();
    try {
      const provider = connect(anthropic.baseUrl, { api: 'anthropic' });
      anthropic.script(saying('Here.'), { status: 401, body: { error: { type: 'authentication_error' } } });
      expect(await collectReply(provider)).toMatchObject({ text: 'Here.', error: undefined });
      expect(anthropic.requests[0]?.headers).toMatchObject({ 'x-api-key': 'k' });
      expect((await collectReply(provider)).error).toMatchObject({ code: 'provider_unauthorized' });
    } finally {
      await anthropic.close();
    }
  });

  test('is the Responses API where it is set, and the provider keeps the response', async () => {
    const responses = await startScriptedResponses();
    try {
      responses.onCreated((response) => {
        response.say('Here.');
        response.complete();
      });
      const provider = connect(responses.baseUrl, { api: 'responses' });
      expect(await collectReply(provider)).toMatchObject({ text: 'Here.', error: undefined });
      expect(provider.cancel).toBeDefined();
      expect(responses.responses[0]?.body).toMatchObject({ background: true, store: true });
    } finally {
      await responses.close();
    }
  });

  test.each(['anthropic', 'responses'])('%s reaches no private address that is not allowed', async (api) => {
    const before = server.connections();
    const hidden = createStoredProvider({ ...stored(server.baseUrl), api }, []);
    expect((await collectReply(hidden)).error).toMatchObject({ code: 'provider_failed', detail: undefined });
    expect(server.connections()).toBe(before);
  });

  test('is Chat Completions otherwise, by the profile that is set or by words that are unknown', async () => {
    await collectReply(connect(server.baseUrl, { profile: 'mistral' }));
    await collectReply(connect(server.baseUrl, { api: 'chat', profile: 'auto' }));
    await collectReply(connect(server.baseUrl, { api: 'later', profile: 'later' }));
    const sent = server.requests.map(({ body }) => 'stream_options' in body);
    expect(sent).toEqual([false, true, true]);
  });

  test.each([
    ['https://api.anthropic.com', null, 'auto', 'anthropic'],
    ['https://api.anthropic.com/v1/', null, 'auto', 'anthropic'],
    ['https://API.Anthropic.com/v1', null, 'auto', 'anthropic'],
    ['https://api.anthropic.com/v1', 'chat', 'auto', 'chat'],
    ['https://api.anthropic.com/v1', null, 'anthropic-compatible', 'chat'],
    ['https://api.anthropic.com.example/v1', null, 'auto', 'chat'],
    ['https://api.openai.com/v1', null, 'auto', 'chat'],
    ['https://api.openai.com/v1', 'responses', 'auto', 'responses'],
    ['http://127.0.0.1:8000/v1', 'anthropic', 'auto', 'anthropic'],
  ] as const)('at %s with the settings %j and %s is %s', (baseUrl, api, profile, expected) => {
    expect(apiOf({ baseUrl, api, profile })).toBe(expected);
  });
});

describe('what the next attempt has to know', () => {
  const provider = () => createStoredProvider({ ...stored(server.baseUrl), continuation: 'openrouter' }, allowed);

  test("is told of an owner's provider that refuses to continue a text", async () => {
    server.script({ status: 400, body: { error: { message: 'no' } } });
    const { error } = await collectReply(provider(), { request: { ...someRequest, continueFrom: 'Once' } });
    expect(error).toMatchObject({ code: 'response_gone', retried: true });
  });

  test("is told of an owner's provider that ends in order without a finish reason", async () => {
    server.script({ steps: [{ text: 'Seven.' }, { done: true }, { end: true }] });
    const { error } = await collectReply(provider());
    expect(error).toMatchObject({ code: 'provider_failed', detail: { status: 200, code: 'no_finish_reason' } });
  });
});

describe('the provider of the operator', () => {
  test('may be on this machine, and its failures keep their codes', async () => {
    server.script({ status: 401, body: { error: { code: 'invalid_api_key' } } });
    const { failure } = await ask(`http://localhost:${server.port}/v1`, { byOperator: true, hosts: [] });
    expect(failure).toMatchObject({ code: 'provider_unauthorized', detail: { status: 401 } });
  });

  test('may not be in another private network', async () => {
    const { failure } = await ask('http://10.0.0.1/v1', { byOperator: true, hosts: [] });
    expect(failure).toMatchObject({ code: 'provider_host_not_allowed', retried: false, spent: 'nothing' });
  });
});

test.each([301, 302, 303, 307, 308])(
  'a redirect of a stored provider with status %i is an error, and its target is not requested',
  async (status) => {
    const asked: string[] = [];
    const redirecting = createServer((request, response) => {
      asked.push(request.url ?? '');
      response.writeHead(status, { location: `${server.baseUrl}/chat/completions` }).end();
    });
    const port = await listen(redirecting, 0);
    try {
      const { failure } = await ask(`http://127.0.0.1:${port}/v1`, { byOperator: true });
      expect(failure).toBeInstanceOf(TurnFailure);
      expect(failure).toMatchObject({ code: 'provider_not_an_api', retried: false, detail: { status } });
      expect([asked, server.requests.length]).toEqual([['/v1/chat/completions'], 0]);
    } finally {
      await close(redirecting);
    }
  },
);
