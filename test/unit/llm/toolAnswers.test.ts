import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createToolAnswers } from '../../../llm/anthropic/toolAnswer.js';
import type { ClassifierCalls } from '../../../llm/chatCompletions/classifierCalls.js';
import { type ScriptedAnthropic, startScriptedAnthropic } from '../../support/provider/scriptedAnthropic.js';

let server: ScriptedAnthropic;
let calls: ClassifierCalls;

beforeAll(async () => {
  server = await startScriptedAnthropic();
});
afterAll(() => server.close());
beforeEach(() => {
  server.unscript();
  server.requests.length = 0;
  calls = createToolAnswers({ baseUrl: server.baseUrl, apiKey: 'sk-test' });
});

const schema = { type: 'object', properties: { score: { type: 'integer' } }, required: ['score'] };

const ask = () =>
  calls.ask(
    {
      model: 'claude-x',
      messages: [
        { role: 'system', content: 'Score it.' },
        { role: 'user', content: 'How much?' },
      ],
      requestId: 'turn_1/significance:0/2',
      name: 'significance',
      schema,
    },
    { signal: new AbortController().signal, timeoutMs: 5_000 },
  );

describe('a classifier call over the Messages API', () => {
  test('is one request that forces a tool with the schema, whose arguments are the answer', async () => {
    server.classify(({ name }) => (name === 'significance' ? { score: 2 } : undefined));
    const { content, usage } = await ask();
    expect([JSON.parse(content), usage]).toMatchObject([{ score: 2 }, { promptTokens: 19, certainty: 'exact' }]);
    const [request] = server.requests;
    expect([server.requests.length, request?.requestId]).toEqual([1, 'turn_1/significance:0/2']);
    expect(request?.body).toMatchObject({
      max_tokens: 8_192,
      system: [{ type: 'text', text: 'Score it.' }],
      messages: [{ role: 'user', content: [{ type: 'text', text: 'How much?' }] }],
      tools: [{ name: 'significance', input_schema: schema }],
      tool_choice: { type: 'tool', name: 'significance', disable_parallel_tool_use: true },
    });
    expect(request?.body.stream).toBeUndefined();
  });

  test('takes a text where the model does not call the tool', async () => {
    server.classify(() => ({ content: [{ type: 'text', text: '{"score":1}' }] }));
    expect((await ask()).content).toBe('{"score":1}');
  });

  test('goes on without force where the server can not force a tool', async () => {
    server.classify(({ body }) =>
      body.tool_choice?.type === 'tool'
        ? { status: 400, body: { error: { type: 'invalid_request_error', message: 'tool_choice: not supported' } } }
        : { score: 3 },
    );
    expect(JSON.parse((await ask()).content)).toEqual({ score: 3 });
    await ask();
    expect(server.requests).toHaveLength(3);
  });

  test.each([
    ['a refusal', { content: [], stop: 'refusal' }, 'content_filter'],
    ['nothing', { content: [] }, 'empty_reply'],
    ['an overload', { status: 529, body: { error: { type: 'overloaded_error', message: '' } } }, 'provider_error'],
    ['no message', { status: 200, body: { error: { type: 'api_error', message: '' } } }, 'provider_error'],
  ])('fails with its code for %s', async (_, reply, code) => {
    server.classify(() => reply);
    await expect(ask()).rejects.toMatchObject({ code });
  });
});
