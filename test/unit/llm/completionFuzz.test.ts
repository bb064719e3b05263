import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { TurnFailure } from '../../../domain/log/failures.js';
import { createCompletion } from '../../../llm/chatCompletions/completionParts.js';
import { readCompletion } from '../../../llm/chatCompletions/readCompletion.js';
import { type AnswerOptions, answerOf, collectParts } from '../../support/provider/answerInMemory.js';
import { anyChunk } from '../../support/provider/anyAnswer.js';

const read = (body: string, options: AnswerOptions = {}) =>
  collectParts((clock) =>
    readCompletion(answerOf(body, { ...options, signal: clock.signal }), createCompletion({ model: 'm' }), clock),
  );

type Family = { name: string; frames: object[]; text: string; thinking: string; calls: string[]; reason: string };

const chunk = (delta: object, finish_reason: unknown = null, more: object = {}) => ({
  ...{ id: 'c', object: 'chat.completion.chunk', model: 'm' },
  choices: [{ index: 0, delta, finish_reason, ...more }],
});
const piece = (index: number | null, id: string | null, name: string | null, sent: unknown) => ({
  ...(index === null ? {} : { index }),
  ...(id === null ? {} : { id }),
  function: { ...(name === null ? {} : { name }), arguments: sent },
});
const usage = { choices: [], usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 } };

/** Streams as servers of each family send them. */
const families: Family[] = [
  {
    name: 'OpenAI',
    frames: [
      chunk({ role: 'assistant', content: '', refusal: null }),
      ...['The sum ', 'is 🦊', ' <b>seven</b>.'].map((content) => chunk({ content })),
      chunk({ tool_calls: [piece(0, 'a', 'calculate', '')] }),
      ...['{"expr', 'ession":"3+4"}'].map((sent) => chunk({ tool_calls: [piece(0, null, null, sent)] })),
      chunk({}, 'tool_calls'),
      usage,
    ],
    ...{ text: 'The sum is 🦊 <b>seven</b>.', thinking: '', calls: ['{"expression":"3+4"}'], reason: 'tool_calls' },
  },
  {
    name: 'DeepSeek',
    frames: [
      ...['Let me ', 'compute.'].map((reasoning_content) => chunk({ content: null, reasoning_content })),
      ...['Se', 'ven.'].map((content) => chunk({ content, reasoning_content: null })),
      { ...chunk({ content: '', reasoning_content: null }, 'stop'), usage: usage.usage },
    ],
    ...{ text: 'Seven.', thinking: 'Let me compute.', calls: [], reason: 'stop' },
  },
  {
    name: 'OpenRouter',
    frames: [
      ...['Let me ', 'compute.'].map((text) =>
        chunk({ content: '', reasoning: text, reasoning_details: [{ type: 'reasoning.text', text, index: 0 }] }),
      ),
      chunk({ content: '', reasoning_details: [{ type: 'reasoning.text', signature: 'sig', index: 0 }] }),
      ...['Se', 'ven.'].map((content) => chunk({ content }, null, { native_finish_reason: null })),
      chunk({ content: '' }, 'length', { native_finish_reason: 'MAX_TOKENS' }),
    ],
    ...{ text: 'Seven.', thinking: 'Let me compute.', calls: [], reason: 'length' },
  },
  {
    name: 'Gemini',
    frames: [
      chunk({ role: 'assistant', content: 'Se' }),
      chunk({ role: 'assistant', content: 'ven.' }),
      chunk({ tool_calls: [piece(0, 'a', 'calculate', '{"expression":"1"}')] }),
      chunk({ tool_calls: [piece(0, 'b', 'calculate', '{"expression":"2"}')] }, 'stop'),
    ],
    ...{ text: 'Seven.', thinking: '', calls: ['{"expression":"1"}', '{"expression":"2"}'], reason: 'tool_calls' },
  },
  {
    name: 'Mistral',
    frames: [
      chunk({ content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'Hm.' }] }] }),
      chunk({
        content: [
          { type: 'text', text: 'Se' },
          { type: 'reference', reference_ids: [1] },
        ],
      }),
      chunk({ content: 'ven.' }),
      chunk({ content: '', tool_calls: [piece(null, 'a', 'calculate', { expression: '1' })] }, 'tool_calls'),
    ],
    ...{ text: 'Seven.', thinking: 'Hm.', calls: ['{"expression":"1"}'], reason: 'tool_calls' },
  },
  {
    name: 'a local server',
    frames: [
      ...['<th', 'ink>\nHm', '.</thi', 'nk>\n\n', 'Se', 'ven.'].map((content) => chunk({ content }, 'stop')),
      chunk({}, 'stop'),
    ],
    ...{ text: 'Seven.', thinking: 'Hm.', calls: [], reason: 'stop' },
  },
];

/** Any field of a name that no API has, or of a known name and another type, where it tells nothing. */
const strange = fc.record({
  field: fc.constantFrom('x_new', 'logprobs', 'system_fingerprint', 'service_tier', 'created', 'obfuscation'),
  value: fc.oneof(fc.jsonValue(), fc.string(), fc.constant([[[[]]]])),
});

/** The frame with its fields in another order, and strange ones between them. */
function disturbed(frame: unknown, order: number, extra: { field: string; value: unknown }): unknown {
  if (Array.isArray(frame)) return frame.map((item) => disturbed(item, order, extra));
  if (typeof frame !== 'object' || frame === null) return frame;
  const entries = Object.entries(frame).map(([name, value]): [string, unknown] => [
    name,
    name === 'arguments' ? value : disturbed(value, order, extra),
  ]);
  const turned = order % 2 === 0 ? entries.reverse() : entries;
  return Object.fromEntries(turned);
}
const strangeAtTop = (frame: object, { field, value }: { field: string; value: unknown }) => ({
  [field]: value,
  ...frame,
});

const lineEnds = fc.constantFrom('\n', '\r\n');
const noise = fc.constantFrom(
  '',
  ': keep-alive',
  'data:',
  'event: ping',
  'retry: 5',
  'id: 7',
  'data: null',
  'data: {"type":"x"}',
);

describe.each(families)('a stream of $name', ({ frames, text, thinking, calls, reason }) => {
  const whole = { text, thinking, calls: calls.map((sent) => expect.objectContaining({ arguments: sent })), reason };

  test('is the same reply, cut anywhere, in any order of fields and with anything between', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(), { maxLength: 40 }),
        fc.nat(1),
        strange,
        fc.array(noise, { minLength: frames.length, maxLength: frames.length }),
        lineEnds,
        async (cuts, order, extra, between, eol) => {
          const body = frames.map((frame, n) => {
            const data = JSON.stringify(strangeAtTop(disturbed(frame, order, extra) as object, extra));
            return `${between[n]}${eol}${eol}data: ${data}${eol}${eol}`;
          });
          const reply = await read(`${body.join('')}data: [DONE]${eol}${eol}`, { cuts });
          expect(reply.error).toBeUndefined();
          expect(reply).toMatchObject(whole);
        },
      ),
      { numRuns: 30 },
    );
  });

  test('loses and doubles no text where it breaks', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(frames.length), async (kept) => {
        const body = frames.slice(0, kept).map((frame) => `data: ${JSON.stringify(frame)}\n\n`);
        const reply = await read(body.join(''), { ends: 'broken' });
        expect(text.startsWith(reply.text.trimStart()) || reply.text === '<th').toBe(true);
        if (reply.finish === undefined) expect(reply.error).toBeInstanceOf(TurnFailure);
      }),
      { numRuns: frames.length * 2 },
    );
  });
});

test('any chunks end in a reply or in a failure with a code', async () => {
  const bodies = fc.array(
    fc.oneof(
      anyChunk,
      fc.jsonValue(),
      anyChunk.map((each) => [each]),
    ),
    { maxLength: 12 },
  );
  await fc.assert(
    fc.asyncProperty(bodies, fc.boolean(), async (chunks, asLines) => {
      const lines = chunks.map((each) => (asLines ? `${JSON.stringify(each)}\n` : `data: ${JSON.stringify(each)}\n\n`));
      const { error, finish } = await read(lines.join(''));
      if (finish === undefined) expect(error).toBeInstanceOf(TurnFailure);
    }),
    { numRuns: 200 },
  );
});

test('any text ends in a failure with a code or in a reply', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('data: ', 'event: ', '{', '[', ''),
      async (rest, first) => {
        const { error, finish } = await read(first + rest);
        if (finish === undefined) expect(error).toBeInstanceOf(TurnFailure);
      },
    ),
    { numRuns: 150 },
  );
});

test('the time of reading is linear in the length of a stream', async () => {
  const timeOf = async (count: number) => {
    const message = (n: number) => JSON.stringify(chunk({ content: 'x<th', reasoning: 'y' }, n % 2 ? 'stop' : null));
    const body = Array.from({ length: count }, (_, n) => `data: ${message(n)}\n\n`).join('');
    const start = performance.now();
    expect((await read(`${body}data: [DONE]\n\n`)).text.length).toBe(count * 4);
    return performance.now() - start;
  };
  await timeOf(2_000);
  const one = Math.max(await timeOf(4_000), 50);
  expect(await timeOf(40_000)).toBeLessThan(one * 40);
}, 60_000);
