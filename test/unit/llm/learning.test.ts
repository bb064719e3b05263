import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { TurnFailure } from '../../../domain/log/failures.js';
import { describeFact } from '../../../domain/providers/providerFact.js';
import { createChatCompletions } from '../../../llm/chatCompletions/chatCompletions.js';
import { createClassifierCalls } from '../../../llm/chatCompletions/classifierCalls.js';
import type { ReplyRequest } from '../../../llm/port.js';
import { createLocalFacts, type LearnedFacts } from '../../../llm/profiles/learnedFacts.js';
import { collectReply, someRequest } from '../../support/provider/collectReply.js';
import { type ScriptedProvider, startScriptedProvider } from '../../support/provider/scriptedProvider.js';
import { type Reply, whole } from '../../support/provider/scriptedReply.js';
import { wrongCallId } from '../../support/provider/strict/strictCallIds.js';

type Sent = Record<string, unknown> & { messages: Record<string, unknown>[]; response_format?: { type: string } };

let server: ScriptedProvider;
let facts: LearnedFacts;
let logged: object[];
const log = { warn: (fields: object) => void logged.push(fields) };

beforeAll(async () => {
  server = await startScriptedProvider();
});
afterAll(() => server.close());
beforeEach(() => {
  server.unscript();
  server.requests.length = 0;
  facts = createLocalFacts();
  logged = [];
});

const sent = (n: number) => server.requests[n]?.body as unknown as Sent;
const refused = (body: unknown, status = 400): Reply => ({ status, body, headers: { 'content-type': 'text/plain' } });
const invalid = (message: string, param?: string, code?: string) =>
  refused({ error: { message, type: 'invalid_request_error', param: param ?? null, code: code ?? null } });

/** Has the server refuse requests for which `why` gives a refusal, replies and classifiers alike. */
function strict(why: (body: Sent) => Reply | null): void {
  server.script(({ body }) => why(body as unknown as Sent) ?? (body.stream ? whole('Fine.') : { json: { score: 2 } }));
  server.classify(({ body }) => why(body as unknown as Sent) ?? { json: { score: 2 } });
}

const reply = (request: Partial<ReplyRequest> = {}) =>
  collectReply(createChatCompletions({ baseUrl: server.baseUrl, apiKey: 'sk-test', facts, log }), {
    request: { ...someRequest, ...request },
  });

const schema = {
  type: 'object',
  properties: {
    score: { type: 'integer', minimum: 0, maximum: 3 },
    minimum: { type: 'array', items: { type: 'string' }, maxItems: 3 },
  },
  required: ['score'],
  additionalProperties: false,
};
const classify = () =>
  createClassifierCalls({ baseUrl: server.baseUrl, apiKey: 'sk-test', facts, log }).ask(
    {
      model: 'gpt-4.1-mini',
      messages: [
        { role: 'system', content: 'How much does it matter?' },
        { role: 'user', content: 'Good evening.' },
      ],
      requestId: 'turn_1/significance:0/1',
      name: 'significance',
      schema,
    },
    { signal: new AbortController().signal, timeoutMs: 20_000 },
  );

const learnt = async (model = someRequest.model) => (await facts.read(model)).map(describeFact);

const tools = [{ name: 'look', description: 'Looks.', parameters: { type: 'object', properties: {} } }];
const calls = [{ id: 'a', name: 'look', arguments: '{}' }];
const history: ReplyRequest['messages'] = [
  { role: 'user', content: 'Look.' },
  { role: 'assistant', content: '', toolCalls: calls, reasoning: { text: 'Hm.', blocks: [] } },
  { role: 'tool', toolCallId: 'a', content: 'A lamp.' },
];
const foreignCalls: ReplyRequest['messages'] = [
  { role: 'user', content: 'Look.' },
  {
    role: 'assistant',
    content: '',
    toolCalls: [{ id: `functions.look:0${'x'.repeat(60)}`, name: 'look', arguments: '{}' }],
  },
  { role: 'tool', toolCallId: `functions.look:0${'x'.repeat(60)}`, content: 'A lamp.' },
];
const pydantic = (...loc: (string | number)[]) => [
  { type: 'extra_forbidden', loc, msg: 'Extra inputs are not permitted' },
];

type Case = {
  what: string;
  request: Partial<ReplyRequest>;
  why: (body: Sent) => Reply | null;
  facts: string[];
  has?: object;
};

const cases: Case[] = [
  {
    what: 'max_tokens by its param',
    request: { maxTokens: 500 },
    why: (body) => ('max_tokens' in body ? invalid('No.', 'max_tokens', 'unsupported_parameter') : null),
    facts: ['max_tokens is max_completion_tokens'],
    has: { max_completion_tokens: 500 },
  },
  {
    what: 'max_tokens, and names the other parameter in its message only',
    request: { maxTokens: 500 },
    why: (body) =>
      'max_tokens' in body
        ? refused({ message: "'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead." })
        : null,
    facts: ['max_tokens is max_completion_tokens'],
  },
  {
    what: 'a limit of tokens under any name',
    request: { maxTokens: 500 },
    why: (body) =>
      'max_tokens' in body || 'max_completion_tokens' in body
        ? refused({ detail: pydantic('body', 'max_tokens' in body ? 'max_tokens' : 'max_completion_tokens') }, 422)
        : null,
    facts: ['without max_tokens'],
  },
  {
    what: 'more tokens than the model writes',
    request: { maxTokens: 50_000 },
    why: (body) =>
      (body.max_tokens as number) > 16_384
        ? invalid('max_tokens is too large: 50000. This model supports at most 16384 completion tokens.', 'max_tokens')
        : null,
    facts: ['max_tokens is at most 16384'],
    has: { max_tokens: 16_384 },
  },
  {
    what: 'a temperature, with its value in the message',
    request: { temperature: 0.3 },
    why: (body) =>
      'temperature' in body
        ? invalid(
            "Unsupported value: 'temperature' does not support 0.3 with this model. Only the default (1) value is supported.",
            'temperature',
            'unsupported_value',
          )
        : null,
    facts: ['without temperature'],
  },
  {
    what: 'a temperature, as Kimi does',
    request: { temperature: 0.3 },
    why: (body) => ('temperature' in body ? invalid('invalid temperature: only 1 is allowed for this model') : null),
    facts: ['without temperature'],
  },
  {
    what: 'texts that end a reply, as reasoning models do',
    request: { stop: ['You:'] },
    why: (body) =>
      'stop' in body
        ? invalid("Unsupported parameter: 'stop' is not supported with this model.", 'stop', 'unsupported_parameter')
        : null,
    facts: ['without stop'],
  },
  {
    what: 'a penalty, named in the text alone',
    request: { presencePenalty: 0.5 },
    why: (body) => ('presence_penalty' in body ? invalid('presence_penalty is not supported') : null),
    facts: ['without presence_penalty'],
  },
  {
    what: 'reasoning_effort',
    request: { thinking: true },
    why: (body) => ('reasoning_effort' in body ? invalid('No.', 'reasoning_effort', 'unsupported_parameter') : null),
    facts: ['without reasoning_effort'],
  },
  {
    what: 'tools without reasoning_effort "none"',
    request: { tools },
    why: (body) =>
      'tools' in body && body.reasoning_effort !== 'none'
        ? invalid(
            "Function tools with reasoning_effort are not supported for gpt-5.6 in /v1/chat/completions. To use function tools, use /v1/responses or set reasoning_effort to 'none'.",
            'reasoning_effort',
          )
        : null,
    facts: ['reasoning_effort is "none" with tools'],
    has: { reasoning_effort: 'none' },
  },
  {
    what: 'tools without reasoning_effort "none", by the param tools',
    request: { tools, thinking: true },
    why: (body) =>
      'tools' in body && body.reasoning_effort !== 'none' ? invalid('No.', 'tools', 'unsupported_parameter') : null,
    facts: ['reasoning_effort is "none" with tools'],
  },
  ...[
    {
      what: 'the ids of calls, as Mistral does',
      status: 400,
      form: /^[a-zA-Z0-9]{9}$/,
      message: 'Tool call id was toolu_01 but must be a-z, A-Z, 0-9, with a length of 9.',
      fact: 'messages: nine_character_call_ids',
    },
    {
      what: 'the ids of calls, as a local server with a model of Mistral does',
      status: 500,
      form: /^[a-zA-Z0-9]{9}$/,
      message: 'Tool call id was toolu_01 but must be a-z, A-Z, 0-9,\nwith a length of 9',
      fact: 'messages: nine_character_call_ids',
    },
    {
      what: 'the ids of calls, as OpenAI does',
      status: 400,
      form: /^.{1,40}$/,
      message: "Invalid 'messages[1].tool_calls[0].id': string too long. Expected a string with maximum length 40.",
      fact: 'messages: short_call_ids',
    },
    {
      what: 'the ids of calls, as Anthropic does behind a gateway',
      status: 400,
      form: /^[a-zA-Z0-9_-]+$/,
      message: "messages.1.content.0.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'",
      fact: 'messages: short_call_ids',
    },
  ].map(
    ({ what, status, form, message, fact }): Case => ({
      what,
      request: { messages: foreignCalls, tools },
      why: ({ messages }) => (wrongCallId(messages, form) ? refused({ error: { message } }, status) : null),
      facts: [fact],
    }),
  ),
  {
    what: 'stream_options, as Mistral does',
    request: {},
    why: (body) =>
      'stream_options' in body
        ? refused(
            { object: 'error', message: { detail: pydantic('body', 'stream_options') }, type: 'invalid_request_error' },
            422,
          )
        : null,
    facts: ['without stream_options'],
  },
  {
    what: 'stream_options, in JSON within the text of a gateway',
    request: {},
    why: (body) =>
      'stream_options' in body
        ? refused({
            error: {
              message: 'Provider returned error',
              code: 400,
              metadata: { raw: JSON.stringify({ error: { message: "Unknown parameter: 'stream_options'." } }) },
            },
          })
        : null,
    facts: ['without stream_options'],
  },
  {
    what: 'stream_options, and lists what it knows',
    request: { temperature: 0.3, maxTokens: 500 },
    why: (body) =>
      'stream_options' in body
        ? refused(
            'Failed to deserialize the JSON body into the target type: unknown field `stream_options`, expected one of `model`, `messages`, `max_tokens`, `temperature` at line 1 column 99',
            422,
          )
        : null,
    facts: ['without stream_options'],
    has: { temperature: 0.3, max_tokens: 500 },
  },
  {
    what: 'a request without max_tokens',
    request: {},
    why: (body) => ('max_tokens' in body ? null : invalid('max_tokens: Field required')),
    facts: ['max_tokens is 4096'],
  },
  {
    what: 'null content beside calls',
    request: { messages: history, tools },
    why: ({ messages }) =>
      messages.some(({ content }) => content === null)
        ? refused(
            {
              detail: [
                { type: 'string_type', loc: ['body', 'messages', 1, 'content'], msg: 'Input should be a valid string' },
              ],
            },
            422,
          )
        : null,
    facts: ['messages: no_null_content'],
  },
  {
    what: 'reasoning_content in messages',
    request: { messages: history, tools },
    why: ({ messages }) =>
      messages.some((message) => 'reasoning_content' in message)
        ? refused({ detail: pydantic('body', 'messages', 1, 'assistant', 'reasoning_content') }, 422)
        : null,
    facts: ['without messages.reasoning_content'],
  },
  {
    what: 'calls without reasoning_content',
    request: { messages: [history[0]!, { role: 'assistant', content: '', toolCalls: calls }, history[2]!], tools },
    why: ({ messages }) =>
      messages.some((message) => message.tool_calls && !message.reasoning_content)
        ? invalid('thinking is enabled but reasoning_content is missing in assistant tool call message at index 1')
        : null,
    facts: ['messages: send_reasoning'],
  },
  {
    what: 'roles that do not alternate, as vLLM does',
    request: {
      messages: [
        { role: 'user', content: 'One.' },
        { role: 'user', content: 'Two.' },
      ],
    },
    why: ({ messages }) =>
      messages.length > 1
        ? refused({
            object: 'error',
            message: 'Conversation roles must alternate user/assistant/user/assistant/...',
            code: 400,
          })
        : null,
    facts: ['messages: alternate_roles'],
    has: { messages: [{ role: 'user', content: 'One.\n\nTwo.' }] },
  },
  {
    what: 'an assistant message at the end, with 500 from a template',
    request: {
      messages: [
        { role: 'user', content: 'One.' },
        { role: 'assistant', content: 'Two.' },
      ],
    },
    why: ({ messages }) =>
      messages.at(-1)?.role === 'assistant'
        ? refused(
            {
              error: {
                code: 500,
                message: 'Jinja Exception: Expected last role User or Tool but got assistant',
                type: 'server_error',
              },
            },
            500,
          )
        : null,
    facts: ['messages: alternate_roles'],
  },
  {
    what: 'a system message',
    request: {
      messages: [
        { role: 'system', content: 'Be Mira.' },
        { role: 'user', content: 'Hello.' },
      ],
    },
    why: ({ messages }) =>
      messages.some(({ role }) => role === 'system') ? invalid('System role not supported') : null,
    facts: ['messages: no_system_role'],
    has: { messages: [{ role: 'user', content: 'Be Mira.\n\nHello.' }] },
  },
];

describe('a server that refuses', () => {
  test.each(cases)('$what is asked once more in the form that it takes, and the next request has it', async (given) => {
    strict(given.why);
    const { text, error } = await reply(given.request);
    expect({ text, error }).toEqual({ text: 'Fine.', error: undefined });
    expect(await learnt()).toEqual(expect.arrayContaining(given.facts));
    const asked = server.requests.length;
    expect(asked).toBeLessThanOrEqual(3);
    if (given.has) expect(sent(asked - 1)).toMatchObject(given.has);
    expect((await reply(given.request)).text).toBe('Fine.');
    expect(server.requests).toHaveLength(asked + 1);
    expect(logged).toHaveLength(asked - 1);
  });

  test('several parts one after another is asked until it accepts', async () => {
    strict((body) => {
      const field = ['stream_options', 'temperature', 'reasoning_effort'].find((name) => name in body);
      return field ? invalid(`Unsupported parameter: '${field}'.`, field, 'unsupported_parameter') : null;
    });
    expect((await reply({ temperature: 0.3, thinking: true })).text).toBe('Fine.');
    expect(server.requests).toHaveLength(4);
    expect(await learnt()).toHaveLength(3);
  });

  test('without end is asked seven times at most, and nothing is learnt', async () => {
    const fields = ['stream_options', 'temperature', 'max_tokens', 'max_completion_tokens', 'reasoning_effort'];
    strict((body) => invalid('No.', fields.find((name) => name in body) ?? 'messages', 'unsupported_parameter'));
    const { error } = await reply({ temperature: 0.3, thinking: true, maxTokens: 500, tools });
    expect(error).toMatchObject({ code: 'provider_refused', detail: { status: 400 } });
    expect(server.requests.length).toBeLessThanOrEqual(7);
    expect(new Set(server.requests.map(({ body }) => JSON.stringify(body))).size).toBe(server.requests.length);
    expect(await learnt()).toEqual([]);
  });

  test.each([
    ['says nothing', invalid('no')],
    ['is about the messages', invalid('Invalid image.', 'messages[0].content')],
    ['is about the account', refused({ error: { message: 'temperature', code: 'insufficient_quota' } })],
    ['is a rate limit', refused({ error: { message: "'temperature' is not supported", param: 'temperature' } }, 429)],
    ['is about the key', refused({ error: { message: "'temperature' is not supported", param: 'temperature' } }, 401)],
  ])('is asked once where the refusal %s', async (_, answer) => {
    strict(() => answer);
    expect((await reply({ temperature: 0.3 })).error).toBeInstanceOf(TurnFailure);
    expect(server.requests).toHaveLength(1);
  });

  test('a fact that was learnt before is asked in the first form again, and the fact is forgotten', async () => {
    facts.learned(someRequest.model, [
      { fact: { kind: 'renamed', field: 'max_tokens', to: 'max_completion_tokens' }, keep: 'weeks' },
    ]);
    strict((body) =>
      'max_completion_tokens' in body ? refused({ detail: pydantic('body', 'max_completion_tokens') }, 422) : null,
    );
    expect((await reply({ maxTokens: 500 })).text).toBe('Fine.');
    expect(sent(1)).toMatchObject({ max_tokens: 500 });
    expect(await learnt()).toEqual([]);
  });

  test('the prompt and its own limit together loses the limit for this request only', async () => {
    strict((body) =>
      'max_tokens' in body
        ? invalid(
            "'max_tokens' is too large: 8000. This model's maximum context length is 8192 tokens and your request has 500 input tokens",
          )
        : null,
    );
    expect((await reply({ maxTokens: 8_000 })).text).toBe('Fine.');
    expect(sent(1)).not.toHaveProperty('max_tokens');
    expect(await learnt()).toEqual([]);
  });

  test('keeps what it refuses apart by model', async () => {
    strict((body) => ('temperature' in body && body.model === 'o3' ? invalid('No.', 'temperature') : null));
    await reply({ temperature: 0.3, model: 'o3' });
    await reply({ temperature: 0.3 });
    expect(sent(2)).toMatchObject({ temperature: 0.3 });
  });
});

describe('a refusal inside an answer of status 200', () => {
  const role = { choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }] };
  const sse = (...frames: unknown[]): Reply => ({
    status: 200,
    body: frames.map((frame) => `data: ${JSON.stringify(frame)}\n\n`).join(''),
    headers: { 'content-type': 'text/event-stream' },
  });
  const json = (body: unknown): Reply => ({ status: 200, body, headers: { 'content-type': 'application/json' } });
  const bytes = (body: string): Reply => ({ status: 200, body, headers: { 'content-type': 'text/event-stream' } });
  const message = "Unsupported parameter: 'temperature' is not supported with this model.";
  const error = { message, type: 'invalid_request_error', param: 'temperature', code: 'unsupported_parameter' };
  const raw = JSON.stringify({ error: { message, type: 'invalid_request_error' } });

  test.each<[string, Reply]>([
    ['in the first frame', sse({ error })],
    ['with a number as its code', sse({ error: { message, code: 400 } })],
    ['with its status at the top', sse({ error: { message }, status_code: 422 })],
    ['without a code, as an invalid request', sse({ error: { message, type: 'invalid_request_error' } })],
    ['after the role', sse(role, { error })],
    ['in a choice', sse({ choices: [{ index: 0, delta: {}, error: { message, code: 400 } }] })],
    ['at the top', sse({ object: 'error', message, type: 'invalid_request_error', param: 'temperature', code: 400 })],
    ['as an event of its own', bytes(`event: error\ndata: ${JSON.stringify({ error })}\n\n`)],
    ['on a bare line', bytes(`${JSON.stringify({ error })}\n\n`)],
    ['as JSON', json({ error })],
    ['as JSON in a list', json([{ error }])],
    [
      'of the server behind a gateway',
      sse({ error: { message: 'Provider returned error', code: 400, metadata: { raw } } }),
    ],
    ['of a validation', sse({ error: { code: 422, detail: pydantic('body', 'temperature') } })],
  ])('%s is learnt from like one of status 400', async (_, answer) => {
    strict((body) => ('temperature' in body ? answer : null));
    expect(await reply({ temperature: 0.3 })).toMatchObject({ text: 'Fine.', error: undefined });
    expect(server.requests).toHaveLength(2);
    expect(await learnt()).toEqual(['without temperature']);
    await reply({ temperature: 0.3 });
    expect(server.requests).toHaveLength(3);
  });

  test('about roles is learnt from, although it has no code', async () => {
    strict(({ messages }) =>
      messages.at(-1)?.role === 'user' ? null : sse({ error: { message: 'roles must alternate' } }),
    );
    const { text } = await reply({ messages: [...history.slice(0, 1), { role: 'assistant', content: 'Yes.' }] });
    expect(text).toBe('Fine.');
    expect(await learnt()).toEqual(['messages: alternate_roles']);
  });

  test('after the first text ends the reply, and nothing is learnt', async () => {
    const say = { choices: [{ index: 0, delta: { content: 'Fi' }, finish_reason: null }] };
    strict(() => sse(role, say, { error }));
    const { text, error: failure } = await reply({ temperature: 0.3 });
    expect({ text, code: (failure as TurnFailure).code }).toEqual({ text: 'Fi', code: 'provider_refused' });
    expect(server.requests).toHaveLength(1);
    expect(await learnt()).toEqual([]);
  });

  test.each([
    [{ message, code: 429 }, 'provider_rate_limited'],
    [{ message, code: 401 }, 'provider_unauthorized'],
    [{ message: 'The engine is overloaded', type: 'overloaded_error' }, 'provider_error'],
    [{ message: 'no', type: 'invalid_request_error' }, 'provider_refused'],
    [{ message: 'x', metadata: { raw: 'This model has a maximum context length of 8192 tokens' } }, 'context_too_long'],
  ])('that no other request avoids is final: %j', async (about, code) => {
    strict(() => sse({ error: about }));
    expect((await reply({ temperature: 0.3 })).error).toMatchObject({ code });
    expect(server.requests).toHaveLength(1);
  });

  test('keeps its words out of the failure and out of the log', async () => {
    strict(() => sse({ error: { message: 'canary temperature is not supported', code: 400, param: 'messages' } }));
    const { error: failure } = await reply({ temperature: 0.3 });
    expect(JSON.stringify([failure, (failure as TurnFailure).cause, logged])).not.toContain('canary');
  });

  test.each([
    ['an error', json({ error: { message: 'This response_format type is unavailable now', code: 400 } })],
    ['a stream with an error', sse({ error: { message: 'response_format json_schema is not supported', code: 400 } })],
  ])('to a classifier, as %s, leads down the ladder of its answers', async (_, answer) => {
    strict((body) => (body.response_format?.type === 'json_schema' ? answer : null));
    expect(await classify()).toMatchObject({ content: '{"score":2}' });
    expect(server.requests).toHaveLength(2);
    expect(await learnt('gpt-4.1-mini')).toEqual(['structured answers as json_object']);
  });

  test('that is a bad answer of a classifier confirms what was learnt before it', async () => {
    strict((body) =>
      'response_format' in body && body.response_format?.type === 'json_schema'
        ? invalid('This response_format type is unavailable now')
        : json({ choices: [{ message: { content: '' }, finish_reason: 'stop' }] }),
    );
    await expect(classify()).rejects.toMatchObject({ code: 'empty_reply' });
    expect(await learnt('gpt-4.1-mini')).toEqual(['structured answers as json_object']);
  });
});

describe('a reply in JSON at a server that refuses', () => {
  const format = { type: 'json_schema', name: 'score', schema, strict: true } as const;
  const sentOf = (n: number) => [
    sent(n).response_format?.type,
    JSON.stringify(sent(n).messages).includes('JSON Schema'),
  ];

  test('nothing is asked for with its schema', async () => {
    strict(() => null);
    await reply({ format });
    expect(sent(0).response_format).toEqual({
      type: 'json_schema',
      json_schema: { name: 'score', schema, strict: true },
    });
    expect(sentOf(0)).toEqual(['json_schema', false]);
    await reply({ format: { type: 'json_object' } });
    expect(sent(1).response_format).toEqual({ type: 'json_object' });
  });

  test('a schema gets JSON with the schema in the prompt, and then a prompt alone', async () => {
    strict((body) =>
      body.response_format
        ? invalid(`This response_format type ${body.response_format.type} is unavailable now`)
        : null,
    );
    expect(await reply({ format })).toMatchObject({ text: 'Fine.' });
    expect([0, 1, 2].map(sentOf)).toEqual([
      ['json_schema', false],
      ['json_object', true],
      [undefined, true],
    ]);
    const last = await reply({ format: { type: 'json_object' } });
    expect(last.text).toBe('Fine.');
    expect(sent(3).messages[0]).toMatchObject({ role: 'system', content: expect.stringMatching(/one JSON object/) });
    expect(await reply()).toMatchObject({ text: 'Fine.' });
    expect(JSON.stringify(sent(4).messages)).not.toMatch(/JSON/);
  });
});

describe('a reply in JSON whose own schema or prompt is refused', () => {
  const format = { type: 'json_schema', name: 'score', schema, strict: true } as const;
  const formatOf = (body: Sent) => body.response_format?.type;

  test.each([
    ['by its code', invalid("Invalid schema: 'additionalProperties' is required", undefined, 'invalid_json_schema')],
    ['by its text', invalid("Invalid schema for response_format 'score': schema must be an object")],
  ])('%s comes by a prompt, and nothing is remembered of it', async (_, answer) => {
    strict((body) => (formatOf(body) === 'json_schema' ? answer : null));
    expect(await reply({ format })).toMatchObject({ text: 'Fine.' });
    expect(await learnt('gpt-4.1-mini')).toEqual([]);
  });

  test('for the lack of the word JSON comes by a prompt, and nothing is remembered of it', async () => {
    const words =
      "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.";
    strict((body) => (formatOf(body) === 'json_object' ? invalid(words) : null));
    expect(await reply({ format: { type: 'json_object' } })).toMatchObject({ text: 'Fine.' });
    expect(await learnt('gpt-4.1-mini')).toEqual([]);
  });
});

describe('a classifier at a server that refuses', () => {
  const format = (body: Sent) => body.response_format?.type;

  test.each([
    ['as DeepSeek does', invalid('This response_format type is unavailable now', undefined, 'invalid_request_error')],
    ['as Groq does', invalid('This model does not support response format `json_schema`.')],
    [
      'as DeepSeek did',
      refused(
        {
          error: {
            message:
              'Failed to deserialize the JSON body into the target type: response_format.type `json_schema` is unavailable now',
          },
        },
        422,
      ),
    ],
    ['without a reason', refused({ error: { message: 'Bad Request' } })],
    ['without a body', { status: 400, body: '', headers: { 'content-type': 'application/json' } }],
  ])('a schema, %s, gets JSON with the schema in the prompt', async (_, answer) => {
    strict((body) => (format(body) === 'json_schema' ? answer : null));
    expect(await classify()).toMatchObject({ content: '{"score":2}' });
    expect(sent(1).response_format).toEqual({ type: 'json_object' });
    expect(sent(1).messages[0]?.content).toContain('JSON Schema');
    await classify();
    expect(server.requests).toHaveLength(3);
  });

  test('JSON of any form gets plain text with the schema in the prompt', async () => {
    strict((body) => (format(body) ? invalid("'response_format.type' must be 'text'") : null));
    await classify();
    expect(sent(2)).not.toHaveProperty('response_format');
    expect(await learnt('gpt-4.1-mini')).toEqual(['structured answers as text']);
  });

  test.each([
    [
      'as OpenAI does',
      "Invalid schema for response_format 'significance': In context=('properties', 'score'), 'minimum' is not permitted.",
    ],
    ['as Anthropic does', "For 'integer' type, properties maximum, minimum are not supported"],
  ])('limits of values in schemas, %s, gets the schema without them', async (_, message) => {
    strict((body) => (/"(minimum|maximum|maxItems)":[^{]/.test(JSON.stringify(body)) ? invalid(message) : null));
    await classify();
    expect(server.requests).toHaveLength(2);
    expect(sent(1).response_format).toMatchObject({
      type: 'json_schema',
      json_schema: {
        schema: {
          additionalProperties: false,
          properties: { score: { type: 'integer' }, minimum: { type: 'array', items: { type: 'string' } } },
        },
      },
    });
  });

  test('a name that is unknown to it in the schema gets the schema without that keyword', async () => {
    strict((body) =>
      JSON.stringify(body).includes('additionalProperties')
        ? refused([
            {
              error: {
                code: 400,
                status: 'INVALID_ARGUMENT',
                message: 'Unknown name "additionalProperties" at \'response_format.schema\': Cannot find field.',
              },
            },
          ])
        : null,
    );
    await classify();
    expect(sent(1).response_format?.type).toBe('json_schema');
  });
});
