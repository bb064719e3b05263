import { describe, expect, test } from '@jest/globals';
import { createCompletion } from '../../../llm/chatCompletions/completionParts.js';
import { readCompletion } from '../../../llm/chatCompletions/readCompletion.js';
import { type AnswerOptions, answerOf, collectParts } from '../../support/provider/answerInMemory.js';

const chunk = (delta: object, finish_reason: unknown = null, more: object = {}) => ({
  id: 'c',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'm',
  choices: [{ index: 0, delta, finish_reason, ...more }],
});
const sse = (frame: unknown) => `data: ${JSON.stringify(frame)}\n\n`;
const D = (delta: object) => sse(chunk(delta));
const F = (reason: unknown) => sse(chunk({}, reason));
const END = 'data: [DONE]\n\n';
const say = (content: unknown) => D({ content });

const warnings: string[] = [];
function read(body: string, options: AnswerOptions & { mayLackReason?: boolean } = {}, silenceMs?: number) {
  const warn = (message: string) => warnings.push(message);
  const completion = createCompletion({ model: 'm', mayLackReason: options.mayLackReason, warn });
  return collectParts(
    (clock) => readCompletion(answerOf(body, { ...options, signal: clock.signal }), completion, clock),
    silenceMs,
  );
}
const codeOf = async (...asked: Parameters<typeof read>) => ((await read(...asked)).error as { code?: string })?.code;

describe('the content of a reply', () => {
  test.each<[string, string, string, string]>([
    ['parts', say([{ type: 'text', text: 'Seven.' }]), '', 'Seven.'],
    ['a list of texts', say(['Sev', 'en.']), '', 'Seven.'],
    ['one part', say({ type: 'output_text', text: 'Seven.' }), '', 'Seven.'],
    ['a text that is wrapped once more', say([{ type: 'text', text: { value: 'Seven.' } }]), '', 'Seven.'],
    [
      'a thinking part',
      say([{ type: 'thinking', thinking: [{ type: 'text', text: 'Hm.' }] }]) + say('Seven.'),
      'Hm.',
      'Seven.',
    ],
    [
      'a thinking part as text',
      say([
        { type: 'thinking', thinking: 'Hm.' },
        { type: 'text', text: 'Seven.' },
      ]),
      'Hm.',
      'Seven.',
    ],
    [
      'a reasoning part',
      say([
        { type: 'reasoning', text: 'Hm.' },
        { type: 'text', text: 'Seven.' },
      ]),
      'Hm.',
      'Seven.',
    ],
    [
      'references',
      say([
        { type: 'text', text: 'Seven.' },
        { type: 'reference', reference_ids: [1] },
      ]),
      '',
      'Seven.',
    ],
    [
      'parts of unknown types',
      say([{ type: 'image_url', image_url: {} }, { type: 'new', text: 'Seven.' }, null, 5]),
      '',
      'Seven.',
    ],
    ['a refusal', D({ refusal: 'Seven.' }), '', 'Seven.'],
    ['an older API', sse({ choices: [{ index: 0, text: 'Seven.' }] }), '', 'Seven.'],
    ['a text in place of a delta', sse({ choices: [{ index: 0, delta: 'Seven.' }] }), '', 'Seven.'],
    ['a message in place of a delta', sse({ choices: [{ message: { content: 'Seven.' } }] }), '', 'Seven.'],
    [
      'pieces of a message',
      ['Se', 've', 'n.'].map((content) => sse({ choices: [{ message: { content } }] })).join(''),
      '',
      'Seven.',
    ],
    [
      'a message that grows',
      ['Se', 'Seve', 'Seven.'].map((content) => sse({ choices: [{ message: { content } }] })).join(''),
      '',
      'Seven.',
    ],
    [
      'a message that repeats the deltas',
      say('Se') + say('ven.') + sse(chunk({}, null, { message: { content: 'Seven.' } })),
      '',
      'Seven.',
    ],
    [
      'a message beside each delta',
      sse(chunk({ content: 'Se' }, null, { message: { content: 'Se' } })) +
        sse(chunk({ content: 'ven.' }, null, { message: { content: 'Seven.' } })),
      '',
      'Seven.',
    ],
    ['a block of thinking', say('<thi') + say('nk>Hm.</th') + say('ink>Seven.'), 'Hm.', 'Seven.'],
    ['a block that begins in the prompt', say('H') + say('m.</th') + say('ink>\n\nSeven.'), 'Hm.', 'Seven.'],
    ['a block that begins in the prompt, in one piece', say('Hm.</think>Seven.'), 'Hm.', 'Seven.'],
    ['a block of thinking that is mentioned', say('Sev') + say('en <think>x</think>.'), '', 'Seven <think>x</think>.'],
  ])('may come as %s', async (_, body, thinking, text) => {
    for (const end of [F('stop') + END, F('stop')])
      expect(await read(body + end)).toMatchObject({ thinking, text, reason: 'stop', error: undefined });
  });

  test.each([
    [{ reasoning_content: 'Hm.' }],
    [{ reasoning: 'Hm.' }],
    [{ thinking: 'Hm.' }],
    [{ reasoning_text: 'Hm.' }],
    [{ thinking: true, reasoning: 'Hm.' }],
    [{ reasoning: { content: 'Hm.' } }],
    [{ reasoning: [{ type: 'reasoning', text: 'Hm.' }] }],
    [{ reasoning_content: 'Hm.', reasoning: 'Hm.' }],
    [{ reasoning: 'Hm.', reasoning_details: [{ type: 'reasoning.text', text: 'Hm.' }] }],
    [{ reasoning: null, reasoning_details: [{ type: 'reasoning.summary', summary: 'Hm.' }] }],
    [{ reasoning_content: 'Hm.', thinking_blocks: [{ type: 'thinking', thinking: 'Hm.' }] }],
    [{ reasoning_content: 'Hm.', content: [{ type: 'thinking', thinking: 'Hm.' }] }],
    [{ reasoning_content: '', reasoning: 'Hm.', content: null }],
  ])('has its thinking once under the name of the server: %j', async (delta) => {
    expect(await read(D(delta) + say('Seven.') + F('stop') + END)).toMatchObject({ thinking: 'Hm.', text: 'Seven.' });
  });

  test('loses nothing of a tag that the connection cut', async () => {
    expect(await read(say(' <thi'), { ends: 'broken' })).toMatchObject({
      text: ' <thi',
      error: { code: 'stream_broken' },
    });
    expect(await read(say('<think>Hm</th'), { ends: 'broken' })).toMatchObject({ thinking: 'Hm</th', text: '' });
    expect(await read(say('Seven') + say(''), { ends: 'broken' })).toMatchObject({ text: 'Seven' });
    for (const end of ['', END])
      expect(await read(say('<thi') + end)).toMatchObject({ text: '<thi', finish: undefined });
    const failing = sse(chunk({ content: 'Seven' }, 'error', { error: { code: 429 } }));
    expect(await read(failing)).toMatchObject({ text: 'Seven', error: { code: 'provider_rate_limited' } });
    expect(await read(sse(chunk({ content: 'Seven' }, 'malformed_function_call')))).toMatchObject({ text: 'Seven' });
  });
});

describe('the finish reason', () => {
  test.each<[string, string[]]>([
    [
      'length',
      [
        'length',
        'MAX_TOKENS',
        'max_tokens',
        'model_length',
        'FinishReason.MAX_TOKENS',
        'max_output_tokens',
        'maxTokens',
        'model_context_window_exceeded',
      ],
    ],
    [
      'content_filter',
      [
        'content_filter',
        'SAFETY',
        'RECITATION',
        'BLOCKLIST',
        'PROHIBITED_CONTENT',
        'SPII',
        'content-filter',
        'refusal',
        'sensitive',
        'IMAGE_SAFETY',
      ],
    ],
    ['stop', ['stop', 'STOP', 'end_turn', 'stop_sequence', 'eos', 'eos_token', 'COMPLETE', 'something_new', 'OTHER']],
  ])('is %s in every family of servers', async (reason, words) => {
    for (const word of words) expect([word, (await read(say('a') + F(word) + END)).reason]).toEqual([word, reason]);
  });

  test.each(['error', 'ERROR', 'abort', 'MALFORMED_FUNCTION_CALL', 'insufficient_system_resource', 'network_error'])(
    '%s means that the server gave up, and another attempt may succeed',
    async (word) => {
      expect(await codeOf(say('a') + F(word) + END)).toBe('provider_error');
    },
  );

  test.each([null, '', 'null', 5, {}, ['stop'], true])('%j is none', async (word) => {
    expect(await codeOf(say('a') + F(word))).toBe('stream_broken');
  });

  test('may come with the last content, with every chunk, or more than once', async () => {
    const every = Array.from({ length: 23 }, (_, n) => sse(chunk({ content: `w${n} ` }, 'stop')));
    const text = Array.from({ length: 23 }, (_, n) => `w${n} `).join('');
    for (const end of ['', END, F('stop') + END, F('stop')])
      expect(await read(every.join('') + end)).toMatchObject({ text, reason: 'stop', error: undefined });
    expect(await read(every.join(''), { ends: 'broken' })).toMatchObject({ text, error: { code: 'stream_broken' } });
    expect(await read(every.slice(0, 3).join(''), { ends: 'never' }, 100)).toMatchObject({
      error: { code: 'provider_silent' },
    });
    expect(await read(every.join('') + F('stop'), { ends: 'broken' })).toMatchObject({ text, reason: 'stop' });
    expect(await read(say('a') + F('stop') + say('b') + F('length') + F('length') + END)).toMatchObject({
      text: 'ab',
      reason: 'length',
    });
  });

  test('ends the reply, also where the connection breaks or goes silent behind it', async () => {
    for (const last of [say('a') + F('stop'), sse(chunk({ content: 'a' }, 'stop'))]) {
      expect(await read(last, { ends: 'broken' })).toMatchObject({ text: 'a', reason: 'stop', error: undefined });
      expect(await read(last, { ends: 'never' }, 100)).toMatchObject({ text: 'a', reason: 'stop', error: undefined });
    }
  });

  test('is taken back by content that follows', async () => {
    expect(await read(say('a') + F('stop') + say('b'), { ends: 'broken' })).toMatchObject({
      text: 'ab',
      error: { code: 'stream_broken' },
    });
    expect(await read(say('a') + F('stop') + say('') + D({ role: 'assistant' }), { ends: 'broken' })).toMatchObject({
      reason: 'stop',
    });
  });

  test('is none before the first content', async () => {
    const role = sse(chunk({ role: 'assistant', content: '' }, 'stop'));
    expect(await codeOf(role, { ends: 'broken' })).toBe('stream_broken');
    expect(await codeOf(role, { ends: 'never' }, 100)).toBe('provider_silent');
    expect(await read(role + END)).toMatchObject({ text: '', reason: 'stop', error: undefined });
  });

  test('may be missing once a server has shown that it sends none, but only before [DONE]', async () => {
    const first = await read(say('Seven.') + END);
    expect(first).toMatchObject({
      text: 'Seven.',
      error: { code: 'stream_broken', detail: { code: 'no_finish_reason' } },
    });
    expect(await read(say('Seven.') + END, { mayLackReason: true })).toMatchObject({ text: 'Seven.', reason: 'stop' });
    expect(await codeOf(say('Seven.'), { mayLackReason: true })).toBe('stream_broken');
    expect(await codeOf(say('Seven.'), { mayLackReason: true, ends: 'broken' })).toBe('stream_broken');
  });
});

describe('the calls of a reply', () => {
  const sum = {
    index: 0,
    id: 'a',
    type: 'function',
    function: { name: 'calculate', arguments: '{"expression":"1+1"}' },
  };
  const time = { ...sum, id: 'b', function: { name: 'current_time', arguments: '{}' } };
  const both = [
    { id: 'a', name: 'calculate', arguments: '{"expression":"1+1"}' },
    { id: 'b', name: 'current_time', arguments: '{}' },
  ];

  test.each([
    ['under one index in two frames', D({ tool_calls: [sum] }) + D({ tool_calls: [time] }) + F('tool_calls')],
    ['under one index in one frame', D({ tool_calls: [sum, time] }) + F('tool_calls')],
    [
      'with the finish reason in each frame',
      sse(chunk({ tool_calls: [sum] }, 'tool_calls')) + sse(chunk({ tool_calls: [time] }, 'STOP')),
    ],
    ['in a message', sse({ choices: [{ message: { tool_calls: [sum, time] }, finish_reason: 'tool_use' }] })],
    [
      'in a message that repeats the deltas',
      D({ tool_calls: [sum, time] }) + sse(chunk({}, 'stop', { message: { tool_calls: [sum, time] } })),
    ],
  ])('may come %s', async (_, body) => {
    expect(await read(body + END)).toMatchObject({ calls: both, reason: 'tool_calls', error: undefined });
  });

  test('may come in the older form', async () => {
    const call = { name: 'calculate', arguments: '{"expression":' };
    const body = D({ function_call: call }) + D({ function_call: { arguments: '"1+1"}' } }) + F('function_call') + END;
    expect(await read(body)).toMatchObject({ calls: [{ ...both[0], id: '' }], reason: 'tool_calls' });
    const legacy = { function_call: { name: 'current_time', arguments: '{}' } };
    const whole = sse({ choices: [{ message: legacy, finish_reason: 'function_call' }] });
    expect((await read(whole)).calls).toEqual([{ ...both[1], id: '' }]);
  });

  test('are given with a cut, whose reason the caller heeds', async () => {
    expect((await read(D({ tool_calls: [sum] }) + F('MAX_TOKENS') + END)).reason).toBe('length');
  });

  test('carry what the server wants back with them', async () => {
    const extra_content = { google: { thought_signature: 'abc' } };
    const { calls } = await read(D({ tool_calls: [{ ...sum, extra_content }] }) + F('tool_calls') + END);
    expect(calls).toEqual([{ ...both[0], serverFields: { extra_content } }]);
    warnings.length = 0;
    const large = D({ tool_calls: [{ ...sum, extra_content: 'x'.repeat(70_000) }] });
    expect((await read(large + F('tool_calls') + END)).calls).toEqual([both[0]]);
    expect(warnings).toHaveLength(1);
  });

  test('come after the blocks of reasoning that belong to them', async () => {
    const detail = (fields: object) => D({ reasoning_details: [{ index: 0, type: 'reasoning.text', ...fields }] });
    const encrypted = { type: 'reasoning.encrypted', data: 'xyz', id: 'e', index: 1 };
    const body =
      detail({ text: 'H' }) +
      detail({ text: 'm.' }) +
      detail({ signature: 'sig' }) +
      D({ reasoning_details: [encrypted] });
    const { blocks, thinking } = await read(body + D({ tool_calls: [sum] }) + F('tool_calls') + END);
    expect(blocks).toEqual([{ type: 'reasoning.text', index: 0, text: 'Hm.', signature: 'sig' }, encrypted]);
    expect(thinking).toBe('Hm.');
    const block = (fields: object) => D({ thinking_blocks: [{ type: 'thinking', ...fields }] });
    const signed = block({ thinking: 'Hm' }) + block({ thinking: '.' }) + block({ thinking: '', signature: 'sig' });
    expect((await read(signed + say('a') + F('stop'))).blocks).toEqual([
      { type: 'thinking', thinking: 'Hm.', signature: 'sig' },
    ]);
    expect((await read(block({ thinking: 'Hm.' }) + say('a') + F('stop'))).blocks).toEqual([]);
  });
});

describe('the usage of a reply', () => {
  const usage = { prompt_tokens: 5, completion_tokens: 2, prompt_tokens_details: { cached_tokens: 4 } };
  const counted = { promptTokens: 5, completionTokens: 2, totalTokens: 7, cachedTokens: 4 };
  test.each([
    ['in a frame without choices', say('a') + F('stop') + sse({ choices: [], usage })],
    ['in the last frame', say('a') + sse({ ...chunk({}, 'stop'), usage })],
    ['in a choice', say('a') + sse(chunk({}, 'stop', { usage }))],
    ['under x_groq', say('a') + sse({ ...chunk({}, 'stop'), x_groq: { id: 'x', usage } })],
    [
      'before zeros and nonsense',
      say('a') +
        sse({ ...chunk({}, 'stop'), usage }) +
        sse({ usage: { prompt_tokens: 0, completion_tokens: 0 } }) +
        sse({ usage: 'x' }),
    ],
    [
      'under other names',
      say('a') +
        sse({
          ...chunk({}, 'stop'),
          usage: { input_tokens: 5, output_tokens: 2, input_tokens_details: { cached_tokens: 4 } },
        }),
    ],
    [
      'with details of other types',
      say('a') +
        sse({
          ...chunk({}, 'stop'),
          usage: { ...usage, prompt_tokens_details: 4, total_tokens: 'x', prompt_cache_hit_tokens: 4 },
        }),
    ],
  ])('is read %s', async (_, body) => {
    expect((await read(body + END)).finish?.usage).toMatchObject(counted);
  });
});

describe('an answer that is no stream', () => {
  const message = { role: 'assistant', content: 'Seven.' };
  const whole = {
    id: 'c',
    object: 'chat.completion',
    model: 'm',
    choices: [{ index: 0, message, finish_reason: 'stop' }],
  };

  test.each(['application/json', 'text/event-stream', 'text/plain', ''])(
    'is read whole, of the type %j',
    async (contentType) => {
      for (const body of [
        JSON.stringify(whole),
        `\n\n ${JSON.stringify(whole, null, 2)}\n`,
        `\ufeff${JSON.stringify(whole)}`,
      ])
        expect(await read(body, { contentType })).toMatchObject({ text: 'Seven.', reason: 'stop', error: undefined });
      const call = { id: 'a', type: 'function', function: { name: 'calculate', arguments: '{}' } };
      const calls = {
        ...whole,
        choices: [{ message: { content: null, tool_calls: [call, call] }, finish_reason: 'tool_calls' }],
      };
      expect(await read(JSON.stringify(calls), { contentType })).toMatchObject({ reason: 'tool_calls' });
      expect((await read(JSON.stringify(calls), { contentType })).calls).toHaveLength(2);
    },
  );

  test('needs no finish reason, and may be sent as an event', async () => {
    const plain = { ...whole, choices: [{ message }] };
    expect(await read(JSON.stringify(plain), { contentType: 'application/json' })).toMatchObject({
      text: 'Seven.',
      reason: 'stop',
    });
    expect(await read(sse(whole) + END)).toMatchObject({ text: 'Seven.', reason: 'stop' });
    expect(await read(sse(whole), { ends: 'never' }, 100)).toMatchObject({ text: 'Seven.', reason: 'stop' });
  });

  test('may be chunks on lines or in a list', async () => {
    const chunks = [chunk({ content: 'Sev' }), chunk({ content: 'en.' }), chunk({}, 'stop')];
    const lines = chunks.map((each) => `${JSON.stringify(each)}\n`).join('');
    for (const contentType of ['application/x-ndjson', 'application/json', 'text/event-stream'])
      for (const body of [lines, JSON.stringify(chunks)])
        expect(await read(body, { contentType })).toMatchObject({ text: 'Seven.', reason: 'stop', error: undefined });
  });

  test.each([
    ['{"error":{"code":429,"message":"x"}}', 'provider_rate_limited'],
    ['{"code":401,"message":"x"}', 'provider_unauthorized'],
    ['[{"error":{"code":429}}]', 'provider_rate_limited'],
    ['{"detail":"ok"}', 'provider_not_an_api'],
    ['{"choices":[{"message":{"content":"Sev', 'stream_broken'],
    ['<!doctype html><html>', 'provider_not_an_api'],
    ['', 'stream_broken'],
  ])('fails with the code for %s', async (body, code) => {
    expect(await codeOf(body, { contentType: 'application/json' })).toBe(code);
  });

  test('may hold an error on a line of its own within a stream', async () => {
    const body = `${say('a')}{"error":{"code":429,"message":"x"}}\n\n`;
    expect(await read(body)).toMatchObject({ text: 'a', error: { code: 'provider_rate_limited' } });
  });
});

describe('the form of the stream', () => {
  const frames = [
    chunk({ role: 'assistant', content: '' }),
    chunk({ content: 'Sev' }),
    chunk({ content: 'en.' }),
    chunk({}, 'stop'),
  ];
  const json = frames.map((frame) => JSON.stringify(frame));
  test.each([
    ['without spaces', `${json.map((data) => `data:${data}\n\n`).join('')}data:[DONE]\n\n`],
    ['with carriage returns', `${json.map((data) => `data: ${data}\r\n\r\n`).join('')}data: [DONE]\r\n\r\n`],
    ['with spaces around', `${json.map((data) => `data:   ${data}  \n\n`).join('')}data:  [DONE]  \n\n`],
    [
      'with names',
      `${json.map((data, n) => `id: ${n}\nevent: message\ndata: ${data}\n\n`).join('')}event: done\ndata: [DONE]\n\n`,
    ],
    ['with a byte order mark', `\ufeff${json.map((data) => `data: ${data}\n\n`).join('')}${END}`],
    ['with comments', json.map((data) => `: keep-alive\n\ndata: ${data}\n\n`).join('') + END],
    ['with empty data', json.map((data) => `data:\n\ndata: ${data}\n\n`).join('') + END],
    [
      'with pings',
      json.map((data) => `event: ping\ndata: {}\n\nevent: ping\ndata: 1s\n\ndata: ${data}\n\n`).join('') + END,
    ],
    [
      'with one frame on several lines',
      json.map((data) => `data: ${data.slice(0, 20)}\ndata: ${data.slice(20)}\n\n`).join('') + END,
    ],
    ['with frames that only line ends part', `${json.map((data) => `data: ${data}\n`).join('')}data: [DONE]\n`],
    ['with frames within frames', json.map((data) => `data: data: ${data}\n\n`).join('') + END],
    [
      'with unknown frames',
      `data: {"type":"queue"}\n\ndata: null\n\n${json.map((data) => `data: ${data}\n\n`).join('')}${END}`,
    ],
    [
      'without an end',
      json
        .map((data) => `data: ${data}\n\n`)
        .join('')
        .trimEnd(),
    ],
  ])('may be that of another server: %s', async (_, body) => {
    expect(await read(body)).toMatchObject({ text: 'Seven.', reason: 'stop', error: undefined });
    const everywhere = Array.from({ length: new TextEncoder().encode(body).length }, (__, n) => n);
    expect(await read(body, { cuts: everywhere })).toMatchObject({ text: 'Seven.', reason: 'stop', error: undefined });
  });
});
