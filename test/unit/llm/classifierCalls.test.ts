import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { TurnFailure } from '../../../domain/log/failures.js';
import { type ClassifierCalls, createClassifierCalls } from '../../../llm/chatCompletions/classifierCalls.js';
import { type ScriptedProvider, startScriptedProvider } from '../../support/provider/scriptedProvider.js';
import { type Reply, someUsage } from '../../support/provider/scriptedReply.js';

let server: ScriptedProvider;
let calls: ClassifierCalls;

beforeAll(async () => {
  server = await startScriptedProvider();
  calls = createClassifierCalls({ baseUrl: server.baseUrl, apiKey: 'sk-canary0000key' });
});
afterAll(() => server.close());
beforeEach(() => {
  server.unscript();
  server.requests.length = 0;
});

const schema = { type: 'object', properties: { score: { type: 'integer' } }, required: ['score'] };

function ask({ signal = new AbortController().signal, timeoutMs = 5_000 } = {}) {
  return calls.ask(
    {
      model: 'gpt-4.1-mini',
      messages: [{ role: 'user', content: 'How much?' }],
      requestId: 'turn_1/significance:0/2',
      name: 'significance',
      schema,
    },
    { signal, timeoutMs },
  );
}

async function failure(reply: Reply, options = {}): Promise<TurnFailure> {
  server.classify(() => reply);
  const error = await ask(options).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(TurnFailure);
  return error as TurnFailure;
}

const answered = (message: object, finish_reason = 'stop'): Reply => ({
  status: 200,
  body: { model: 'gpt-4.1-mini', choices: [{ index: 0, message, finish_reason }] },
});

describe('a classifier call', () => {
  test('is one request without streaming, with its schema and its id', async () => {
    server.classify(() => ({ json: { score: 2 } }));
    const { content, usage } = await ask();
    expect(JSON.parse(content)).toEqual({ score: 2 });
    expect(usage).toMatchObject({ promptTokens: someUsage.prompt_tokens, certainty: 'exact', llmCallCount: 1 });
    const [request] = server.requests;
    expect(request?.requestId).toBe('turn_1/significance:0/2');
    expect(request?.body).toMatchObject({
      model: 'gpt-4.1-mini',
      response_format: { type: 'json_schema', json_schema: { name: 'significance', strict: true, schema } },
    });
    expect(request?.body.stream).toBeFalsy();
  });

  test('returns the text of the model without checking it', async () => {
    server.classify(() => answered({ content: 'no JSON' }));
    expect(await ask()).toEqual({ content: 'no JSON', usage: null });
  });

  const json = '{"score":2}';
  test.each<[string, object]>([
    ['a fence', { content: `\`\`\`json\n${json}\n\`\`\`` }],
    ['a fence with a sentence around it', { content: `Here you are:\n\`\`\`json\n${json}\n\`\`\`\nGood luck!` }],
    ['a block of thinking before it', { content: `<think>Hmm.</think>\n\n${json}` }],
    [
      'parts',
      {
        content: [
          { type: 'thinking', thinking: 'Hm.' },
          { type: 'text', text: json },
        ],
      },
    ],
    ['its place among the thinking', { content: null, reasoning_content: json }],
    ['thinking beside it', { content: json, reasoning: 'Hm.' }],
    ['fields of other types', { content: json, refusal: 5, tool_calls: 'x', annotations: {} }],
  ])('gives the JSON of an answer with %s', async (_, message) => {
    server.classify(() => answered(message));
    expect((await ask()).content).toBe(json);
  });

  test.each(['stop', null])(
    'gives the answer of a server that streams it unasked, with the reason %j',
    async (reason) => {
      const frames = ['<think>Hm.</think>{"sc', 'ore":2}'].map((content) => ({ choices: [{ delta: { content } }] }));
      const last = { choices: [{ delta: {}, finish_reason: reason }], usage: someUsage };
      const events = [...frames, last].map((frame) => `data: ${JSON.stringify(frame)}\n\n`);
      server.classify(() => ({ steps: [{ bytes: `: hi\n\n${events.join('')}data: [DONE]\n\n` }, { end: true }] }));
      expect(await ask()).toMatchObject({ content: json, usage: { totalTokens: 18 } });
    },
  );

  test.each([
    [401, 'provider_unauthorized'],
    [404, 'model_not_found'],
    [400, 'provider_refused'],
    [429, 'provider_rate_limited'],
    [500, 'provider_error'],
    [503, 'provider_error'],
  ])('that is answered %i fails as %s, after one request', async (status, code) => {
    expect((await failure({ status, body: { error: { message: 'no' } } })).code).toBe(code);
    expect(server.requests).toHaveLength(1);
  });

  test.each([
    ['a refusal', answered({ content: null, refusal: 'I would rather not.' }), 'provider_refused'],
    ['a content filter', answered({ content: '{"sc' }, 'content_filter'), 'content_filter'],
    ['a filter of another family', answered({ content: '{"sc' }, 'SAFETY'), 'content_filter'],
    ['an error as its finish reason', answered({ content: '{"sc' }, 'error'), 'provider_error'],
    ['nothing', answered({ content: '' }), 'empty_reply'],
    ['content of another type', answered({ content: 5 }), 'empty_reply'],
    ['thinking alone', answered({ content: '', reasoning_content: 'Two, I think.' }), 'thought_only'],
    ['no choice', { status: 200, body: { choices: [] } }, 'empty_reply'],
    ['no completion', { status: 200, body: { hello: 1 } }, 'provider_not_an_api'],
    ['no JSON', { status: 200, body: '<html>' }, 'provider_not_an_api'],
    ['an error object', { status: 200, body: { error: { code: 'rate_limit_exceeded' } } }, 'provider_rate_limited'],
    ['an error at the top', { status: 200, body: { code: 429, message: 'x' } }, 'provider_rate_limited'],
    ['an error text', { status: 200, body: { error: 'overloaded' } }, 'provider_error'],
    ['an error in its choice', { status: 200, body: { choices: [{ error: { code: 429 } }] } }, 'provider_rate_limited'],
    ['a body without end', answered({ content: 'x'.repeat(3_000_000) }), 'bad_answer'],
    ['a closed connection', { hangUp: 'close' }, 'provider_unreachable'],
    ['a reset connection', { hangUp: 'reset' }, 'provider_unreachable'],
  ] as [string, Reply, string][])('that is answered with %s fails as %s', async (_what, reply, code) => {
    expect((await failure(reply)).code).toBe(code);
  });

  test('that is not answered in time fails as provider_silent, also with half of an answer there', async () => {
    expect((await failure({ silent: true }, { timeoutMs: 100 })).code).toBe('provider_silent');
    const half: Reply = { steps: [{ bytes: '{"choices":[' }, { waitMs: 60 }, { bytes: ' ' }, { waitMs: 5_000 }] };
    expect((await failure(half, { timeoutMs: 150 })).code).toBe('provider_silent');
  });

  test('whose answer breaks off fails as stream_broken', async () => {
    expect((await failure({ steps: [{ bytes: '{"choices":[' }, { reset: true }] })).code).toBe('stream_broken');
  });

  test('ends with the reason of its signal, and aborts its request', async () => {
    server.classify(() => ({ silent: true }));
    const stop = new AbortController();
    const answer = ask({ signal: stop.signal });
    const request = await server.nextRequest(() => true);
    stop.abort('enough');
    await expect(answer).rejects.toBe('enough');
    await request.left();
  });

  test('has neither key nor prose in its failures', async () => {
    const error = await failure({ status: 400, body: { error: { message: 'How much? sk-canary0000key' } } });
    const told = JSON.stringify({ ...error, message: error.message, cause: error.cause });
    expect(told).not.toMatch(/How much|canary/);
  });
});
