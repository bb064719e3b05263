import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { TurnFailure } from '../../../domain/log/failures.js';
import { describeFact } from '../../../domain/providers/providerFact.js';
import { createAnthropic } from '../../../llm/anthropic/anthropic.js';
import { createLocalFacts } from '../../../llm/profiles/learnedFacts.js';
import { collectReply, someRequest } from '../../support/provider/collectReply.js';
import {
  type AnthropicReply,
  type AnthropicStep,
  blockSteps,
  type ScriptedAnthropic,
  saying,
  startScriptedAnthropic,
} from '../../support/provider/scriptedAnthropic.js';

const KEY = 'sk-ant-canary';
let server: ScriptedAnthropic;
const logged: unknown[] = [];
const connect = (baseUrl = server.baseUrl) =>
  createAnthropic({ baseUrl, apiKey: KEY, log: { warn: (fields, message) => logged.push([fields, message]) } });

beforeAll(async () => {
  server = await startScriptedAnthropic();
});
afterAll(() => server.close());
beforeEach(() => {
  server.unscript();
  server.requests.length = 0;
  logged.length = 0;
});

const refusal = (
  status: number,
  type: string,
  message = 'canary',
  headers: Record<string, string> = { 'request-id': 'req_1' },
): AnthropicReply => ({
  status,
  body: { type: 'error', error: { type, message }, request_id: 'req_body' },
  headers,
});

async function failureOf(...replies: AnthropicReply[]): Promise<TurnFailure> {
  const [first, ...more] = replies;
  if (first) server.script(first, ...more);
  const { error } = await collectReply(connect());
  expect(JSON.stringify([error, logged])).not.toContain('canary');
  return error as TurnFailure;
}

describe('a refusal by the Messages API', () => {
  test.each([
    [401, 'authentication_error', 'invalid x-api-key canary', 'provider_unauthorized'],
    [403, 'permission_error', 'canary', 'provider_unauthorized'],
    [402, 'billing_error', 'canary', 'provider_quota'],
    [404, 'not_found_error', 'model: canary', 'model_not_found'],
    [413, 'request_too_large', 'Request exceeds the maximum size canary', 'context_too_long'],
    [429, 'rate_limit_error', 'canary', 'provider_rate_limited'],
    [400, 'invalid_request_error', 'prompt is too long: 210000 tokens > 200000 maximum canary', 'context_too_long'],
    [
      400,
      'invalid_request_error',
      'input length and `max_tokens` exceed context limit: 9 + 9 > 9 canary',
      'context_too_long',
    ],
    [
      400,
      'invalid_request_error',
      'Your credit balance is too low to access the Anthropic API. canary',
      'provider_quota',
    ],
    [400, 'invalid_request_error', 'canary', 'provider_refused'],
    [500, 'api_error', 'canary', 'provider_error'],
    [504, 'timeout_error', 'canary', 'provider_error'],
    [529, 'overloaded_error', 'canary', 'provider_error'],
  ])('with %s %s (%s) is %s', async (status, type, message, code) => {
    const failure = await failureOf(refusal(status, type, message));
    expect(failure).toMatchObject({ code, detail: { status, type, requestId: 'req_1' } });
    expect(server.requests).toHaveLength(1);
  });

  test('says when to ask again, and has the id of the request from its header', async () => {
    const failure = await failureOf(
      refusal(429, 'rate_limit_error', '', { 'retry-after': '7', 'request-id': 'req_1' }),
    );
    expect(failure).toMatchObject({ retryAfterMs: 7_000, detail: { requestId: 'req_1' } });
  });

  test('by another kind of server names that it is not such an API', async () => {
    expect(await failureOf({ status: 404, body: { detail: 'Not Found' } })).toMatchObject({
      code: 'provider_not_an_api',
    });
    expect(await failureOf({ status: 200, body: { hello: 'canary' } })).toMatchObject({ code: 'provider_not_an_api' });
  });
});

describe('a stream of the Messages API', () => {
  const begun: AnthropicStep[] = blockSteps({ type: 'text', text: 'So far.' }, 0);
  const broken = (error: object): AnthropicReply => ({
    steps: [...begun, { event: { type: 'error', error } }, { end: true }],
  });

  test.each([
    ['overloaded_error', 'provider_error'],
    ['api_error', 'provider_error'],
    ['rate_limit_error', 'provider_rate_limited'],
    ['invalid_request_error', 'provider_refused'],
    ['not_found_error', 'model_not_found'],
  ])('with the error %s fails with %s and the id of the request', async (type, code) => {
    const failure = await failureOf(broken({ type, message: 'canary' }));
    expect(failure).toMatchObject({ code, detail: { status: 200, type, requestId: 'req_scripted' } });
  });

  test.each([
    ['that is reset', [...begun, { waitMs: 500 }, { reset: true }]],
    ['that ends without a stop reason', [...begun, { end: true }]],
    ['that holds no JSON', [...begun, { bytes: 'data: canary\n\n' }, { end: true }]],
    ['that ends at once', [{ end: true }]],
  ] as [string, AnthropicStep[]][])('%s is broken', async (_, steps) => {
    expect(await failureOf({ steps })).toMatchObject({ code: 'stream_broken' });
  });

  test('with too many blocks is refused before it takes the memory', async () => {
    const block = { type: 'redacted_thinking', data: 'x'.repeat(100_000) };
    const steps = Array.from({ length: 200 }, (_, index) => blockSteps(block, index)).flat();
    expect(await failureOf({ steps: [...steps, { end: true }] })).toMatchObject({ code: 'reply_too_large' });
  });
});

describe('a model that does not take a part of the request', () => {
  const rest = { ...someRequest, model: 'claude-x' };
  const send = async (provider: ReturnType<typeof connect>, request: object) =>
    collectReply(provider, { request: { ...rest, ...request } });

  test('is asked again without it, and from then on never with it', async () => {
    const provider = connect();
    server.script(({ body }) => {
      if (body.thinking?.type === 'enabled')
        return refusal(
          400,
          'invalid_request_error',
          '"thinking.type.enabled" is not supported. Use "thinking.type.adaptive".',
        );
      if (body.temperature !== undefined) return refusal(400, 'invalid_request_error', '`temperature` is deprecated.');
      if (body.max_tokens > 4_000)
        return refusal(400, 'invalid_request_error', 'max_tokens: 32000 > 4000, which is the maximum');
      return saying('Yes.');
    });
    expect(await send(provider, { thinking: true })).toMatchObject({ text: 'Yes.' });
    expect(server.requests).toHaveLength(3);
    expect(await send(provider, { temperature: 0.5 })).toMatchObject({ text: 'Yes.' });
    expect(server.requests).toHaveLength(5);
    expect(await send(provider, { temperature: 0.5 })).toMatchObject({ text: 'Yes.' });
    expect(await send(provider, { thinking: true })).toMatchObject({ text: 'Yes.' });
    expect(server.requests).toHaveLength(7);
    expect(server.requests.at(-1)?.body).toMatchObject({ max_tokens: 4_000, thinking: { type: 'adaptive' } });
    expect(logged).toHaveLength(3);
  });

  test('is asked again where the refusal is the first event of a stream, or a body of status 200', async () => {
    const error = { type: 'invalid_request_error', message: '`temperature` is deprecated for this model.' };
    for (const refused of [
      { steps: [{ event: { type: 'ping' } }, { event: { type: 'error', error } }, { end: true as const }] },
      { status: 200, body: { type: 'error', error } },
    ]) {
      server.requests.length = 0;
      server.script(({ body }) => (body.temperature === undefined ? saying('Yes.') : refused));
      const provider = createAnthropic({ baseUrl: server.baseUrl, apiKey: KEY });
      expect(await send(provider, { temperature: 0.5 })).toMatchObject({ text: 'Yes.' });
      expect(server.requests).toHaveLength(2);
    }
  });

  test('is remembered for all who share what was learnt, once a request without it was accepted', async () => {
    const facts = createLocalFacts();
    const share = () => createAnthropic({ baseUrl: server.baseUrl, apiKey: KEY, facts });
    server.script(({ body }) =>
      body.temperature === undefined
        ? saying('Yes.')
        : refusal(400, 'invalid_request_error', '`temperature` is deprecated.'),
    );
    await send(share(), { temperature: 0.5 });
    await send(share(), { temperature: 0.5 });
    expect(server.requests).toHaveLength(3);
    expect((await facts.read('claude-x')).map(describeFact)).toEqual(['without temperature']);
  });

  test('is asked in the first form again where the model has changed, and the fact is forgotten', async () => {
    const facts = createLocalFacts();
    facts.learned('claude-x', [
      { fact: { kind: 'fixed', field: 'thinking', value: 'adaptive', when: 'always' }, keep: 'weeks' },
    ]);
    server.script(({ body }) =>
      body.thinking?.type === 'adaptive'
        ? refusal(400, 'invalid_request_error', 'adaptive thinking is not supported on this model')
        : saying('Yes.'),
    );
    const provider = createAnthropic({ baseUrl: server.baseUrl, apiKey: KEY, facts });
    expect(await send(provider, { thinking: true })).toMatchObject({ text: 'Yes.' });
    expect(server.requests.at(-1)?.body.thinking).toMatchObject({ type: 'enabled' });
    expect(await facts.read('claude-x')).toEqual([]);
  });

  test('is not asked without end', async () => {
    server.script(() => refusal(400, 'invalid_request_error', 'cache_control: Extra inputs are not permitted'));
    expect((await send(connect(), {})).error).toMatchObject({ code: 'provider_refused' });
    expect(server.requests).toHaveLength(2);
  });
});

test('a server that can not be reached costs nothing', async () => {
  const { error } = await collectReply(connect('http://127.0.0.1:1/v1'));
  expect(error).toMatchObject({ code: 'provider_unreachable', spent: 'nothing' });
});
