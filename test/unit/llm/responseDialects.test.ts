import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { TurnFailure } from '../../../domain/log/failures.js';
import { type ResumedResponse, readResponseStream } from '../../../llm/responses/readResponse.js';
import { type AnswerOptions, answerOf, collectParts } from '../../support/provider/answerInMemory.js';
import { anyResponseEvent } from '../../support/provider/anyAnswer.js';

let numbers = 0;
const event = (type: string, fields: object = {}) => {
  const data = { type, sequence_number: numbers++, ...fields };
  return `event: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
};
const place = { item_id: 'msg_1', output_index: 0, content_index: 0 };
const delta = (text: string, at: object = place) => event('response.output_text.delta', { ...at, delta: text });
const textDone = (text: string, at: object = place) => event('response.output_text.done', { ...at, text });
const partDone = (text: string, at: object = place) =>
  event('response.content_part.done', { ...at, part: { type: 'output_text', text } });
const message = (text: string, id = 'msg_1') => ({
  id,
  type: 'message',
  role: 'assistant',
  content: [{ type: 'output_text', text }],
});
const itemDone = (item: object, output_index = 0) => event('response.output_item.done', { output_index, item });
const completed = (output: unknown = [], more: object = {}) =>
  event('response.completed', { response: { id: 'resp_1', status: 'completed', model: 'm', output, ...more } });
const call = { type: 'function_call', call_id: 'call_a', name: 'calculate', arguments: '{"expression":"1+1"}' };
const asked = { id: 'call_a', name: 'calculate', arguments: call.arguments };

const read = (body: string, resumed?: ResumedResponse, options: AnswerOptions = {}) =>
  collectParts((clock) => readResponseStream(answerOf(body, options), 'm', clock, resumed));

describe('the text of a response', () => {
  const ends = [completed(), completed([message('Two.')]), completed(null), completed({ a: 1 }), completed('x')];
  test.each([
    ['deltas', delta('Tw') + delta('o.')],
    [
      'deltas and all that repeats them',
      delta('Tw') + delta('o.') + textDone('Two.') + partDone('Two.') + itemDone(message('Two.')),
    ],
    ['a finished text', textDone('Two.')],
    ['a finished part', partDone('Two.')],
    ['a finished item', itemDone(message('Two.'))],
    ['a finished text, part and item', textDone('Two.') + partDone('Two.') + itemDone(message('Two.'))],
    ['the rest in a finished text', delta('Tw') + textDone('Two.') + partDone('Two.')],
    ['the rest in a finished item', delta('Tw') + itemDone(message('Two.'))],
    [
      'events without places',
      delta('Tw', {}) + textDone('Two.', {}) + partDone('Two.', {}) + itemDone(message('Two.')),
    ],
    [
      'events with ids only',
      delta('Tw', { item_id: 'msg_1' }) + textDone('Two.', { item_id: 'msg_1' }) + itemDone(message('Two.')),
    ],
    ['a delta that is an object', event('response.output_text.delta', { ...place, delta: { text: 'Two.' } })],
    [
      'events with a name and no type',
      'event: response.output_text.delta\ndata: {"delta":"Two."}\n\nevent: ping\ndata: x\n\n',
    ],
    [
      'a refusal',
      event('response.refusal.delta', { ...place, delta: 'Two.' }) +
        event('response.refusal.done', { ...place, refusal: 'Two.' }),
    ],
    ['content as text', itemDone({ type: 'message', id: 'msg_1', content: 'Two.' })],
  ])('may come as %s', async (_, body) => {
    for (const end of ends)
      expect(await read(body + end)).toMatchObject({ text: 'Two.', reason: 'stop', error: undefined });
  });

  test('may come in the ended response only', async () => {
    expect(await read(completed([message('Two.')]))).toMatchObject({ text: 'Two.', reason: 'stop' });
    expect(await read(delta('T') + completed([message('Two.')]))).toMatchObject({ text: 'Two.' });
    const whole = JSON.stringify({ id: 'r', object: 'response', status: 'completed', output: [message('Two.')] });
    for (const contentType of ['application/json', 'text/event-stream'])
      expect(await read(whole, undefined, { contentType })).toMatchObject({ text: 'Two.', reason: 'stop' });
  });

  test('is that of several messages, in order', async () => {
    const second = { item_id: 'msg_2', output_index: 1, content_index: 0 };
    const items = itemDone(message('One. ')) + itemDone(message('Two.', 'msg_2'), 1);
    const done = textDone('One. ') + textDone('Two.', second);
    for (const body of [delta('One. ') + delta('Two.', second) + done + items, done + items, items, done])
      for (const end of [completed(), completed([message('One. '), message('Two.', 'msg_2')])])
        expect((await read(body + end)).text).toBe('One. Two.');
    const nameless = textDone('One. ', {}) + partDone('One. ', {}) + textDone('Two.', {}) + partDone('Two.', {});
    expect((await read(nameless + completed())).text).toBe('One. Two.');
  });

  test('is not doubled where it is resumed', async () => {
    const resumed = { id: 'resp_1', text: 'One. Tw', thinking: '' };
    const second = { item_id: 'msg_2', output_index: 1, content_index: 0 };
    const rest = delta('o.', second) + textDone('Two.', second) + itemDone(message('Two.', 'msg_2'), 1);
    const output = [message('One. '), message('Two.', 'msg_2')];
    for (const end of [completed(), completed(output)]) expect((await read(rest + end, resumed)).text).toBe('o.');
    const all = { ...resumed, text: 'Two.' };
    expect((await read(textDone('Two.') + itemDone(message('Two.')) + completed([message('Two.')]), all)).text).toBe(
      '',
    );
    expect((await read(textDone('Two.') + completed(), { ...resumed, text: 'Tw' })).text).toBe('o.');
    expect((await read(completed(output), resumed)).text).toBe('o.');
  });
});

test('the thinking of a response is read once, under each name', async () => {
  const thinking = { item_id: 'rs_1', output_index: 0, summary_index: 0 };
  const deltas = event('response.reasoning_summary_text.delta', { ...thinking, delta: 'Hm' });
  const done = event('response.reasoning_summary_text.done', { ...thinking, text: 'Hm.' });
  const item = itemDone({ type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'Hm.' }] });
  const other = event('response.reasoning_text.delta', { ...thinking, delta: 'Hm.' });
  for (const body of [deltas + done + item, done + item, item, other, other + item])
    expect(await read(body + delta('Two.', { ...place, output_index: 1 }) + completed())).toMatchObject({
      thinking: 'Hm.',
      text: 'Two.',
    });
  const encrypted = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'xyz' };
  expect((await read(itemDone(encrypted) + delta('a') + completed([encrypted]))).blocks).toEqual([encrypted]);
});

describe('the calls of a response', () => {
  const added = event('response.output_item.added', { output_index: 0, item: { ...call, id: 'fc_1', arguments: '' } });
  const at = { item_id: 'fc_1', output_index: 0 };
  const pieces =
    event('response.function_call_arguments.delta', { ...at, delta: '{"expression":' }) +
    event('response.function_call_arguments.delta', { ...at, delta: '"1+1"}' });
  const argumentsDone = event('response.function_call_arguments.done', { ...at, arguments: call.arguments });
  test.each([
    ['in a finished item', itemDone(call) + completed()],
    ['in the ended response', completed([call])],
    ['in both', itemDone({ ...call, id: 'fc_1' }) + completed([{ ...call, id: 'fc_1' }])],
    ['in pieces', added + pieces + completed()],
    ['in pieces, and whole', added + pieces + argumentsDone + itemDone({ ...call, id: 'fc_1' }) + completed([call])],
    ['without pieces', added + argumentsDone + completed()],
    ['with an object as arguments', itemDone({ ...call, arguments: { expression: '1+1' } }) + completed()],
  ])('are read once: %s', async (_, body) => {
    expect(await read(body)).toMatchObject({ calls: [asked], reason: 'tool_calls', error: undefined });
  });

  test('are all that the response has', async () => {
    const other = { ...call, call_id: 'call_b', name: 'current_time', arguments: '{}' };
    const both = [asked, { id: 'call_b', name: 'current_time', arguments: '{}' }];
    expect((await read(itemDone(call) + itemDone(other, 1) + completed())).calls).toEqual(both);
    expect((await read(itemDone(call) + completed([call, other]))).calls).toEqual(both);
    expect(
      (await read(itemDone({ ...call, name: '' }) + completed([null, 5, { type: 'function_call' }]))).calls,
    ).toEqual([]);
  });
});

describe('the end of a response', () => {
  test.each([
    ['response.incomplete without a response', event('response.incomplete'), 'length'],
    [
      'a filter',
      event('response.incomplete', { response: { incomplete_details: { reason: 'content_filter' } } }),
      'content_filter',
    ],
    ['an incomplete response that is called completed', completed([], { status: 'incomplete' }), 'length'],
    ['response.completed without a response', event('response.completed'), 'stop'],
  ])('may be %s', async (_, end, reason) => {
    expect(await read(delta('a') + end)).toMatchObject({ text: 'a', reason });
  });

  test.each([
    ['an error event', event('error', { code: 'rate_limit_exceeded', message: 'x' }), 'provider_rate_limited'],
    ['an error object', event('error', { error: { code: 429 } }), 'provider_rate_limited'],
    ['an event named error', 'event: error\ndata: {"code":429}\n\n', 'provider_rate_limited'],
    [
      'a failed response',
      event('response.failed', { response: { error: { code: 'server_error' } } }),
      'provider_error',
    ],
    ['a failed response without an error', event('response.failed'), 'provider_error'],
    ['a cancelled response', event('response.cancelled'), 'provider_error'],
    ['no end', '', 'stream_broken'],
    ['[DONE] alone', 'data: [DONE]\n\n', 'stream_broken'],
    ['text that is no JSON', 'data: {"type"\n\n', 'stream_broken'],
  ])('fails with its code for %s, and keeps the text', async (_, end, code) => {
    expect(await read(delta('a') + end)).toMatchObject({ text: 'a', error: { code } });
  });

  test('has the usage, also with details of other types', async () => {
    const usage = { input_tokens: 5, output_tokens: 2, total_tokens: null, input_tokens_details: 'x' };
    expect((await read(delta('a') + completed([], { usage }))).finish?.usage).toMatchObject({ totalTokens: 7 });
    expect((await read(delta('a') + completed([], { usage: { input_tokens: '5' } }))).finish?.usage).toBeNull();
  });
});

test('any events end in a reply or in a failure with a code', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyResponseEvent, { maxLength: 12 }), async (events) => {
      const { error, finish } = await read(events.map((each) => `data: ${JSON.stringify(each)}\n\n`).join(''));
      if (finish === undefined) expect(error).toBeInstanceOf(TurnFailure);
    }),
    { numRuns: 150 },
  );
});
