import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { startStoredResponse } from '../../support/provider/storedResponse.js';

let server: Awaited<ReturnType<typeof startStoredResponse>>;
beforeAll(async () => {
  server = await startStoredResponse();
});
afterAll(() => server.close());

const created = { type: 'response.created', response: { id: 'resp_1', status: 'in_progress', output: [] } };
const place = { item_id: 'msg_1', output_index: 1, content_index: 0 };
const delta = (text: string) => ({ type: 'response.output_text.delta', ...place, delta: text });
const native = (text: string) => ({
  type: 'response.reasoning_text.delta',
  ...{ item_id: 'rs_1', output_index: 0, content_index: 0 },
  delta: text,
});
const message = (text: string) => ({
  ...{ id: 'msg_1', type: 'message', role: 'assistant' },
  content: [{ type: 'output_text', text }],
});
const ended = (text: string) => ({ id: 'resp_1', object: 'response', status: 'completed', output: [message(text)] });
const completed = (text: string) => ({ type: 'response.completed', response: ended(text) });
const done = (text: string) => ({ type: 'response.output_item.done', output_index: 1, item: message(text) });
const stream = (whole: string, deltas: string[]) => [created, ...deltas.map(delta), done(whole), completed(whole)];

const split = (whole: string, cuts: number[]) => {
  const edges = [0, ...cuts.map((cut) => cut % (whole.length + 1)).sort((a, b) => a - b), whole.length];
  return edges.slice(1).flatMap((to, n) => whole.slice(edges[n], to) || []);
};

const inThrees = (whole: string) =>
  split(
    whole,
    [...Array(Math.ceil(whole.length / 3)).keys()].map((n) => n * 3),
  );

const cases: [whole: string, thinking: string, text: string][] = [
  ['<think>she lies</think>Good evening.', 'she lies', 'Good evening.'],
  [' \n<think>\nHm.\n</think>\n\nYes, <b>so</b>.', 'Hm.\n', 'Yes, <b>so</b>.'],
  ['<think>\n\n</think>\n\nYes.', '', 'Yes.'],
  ['<think>a</think><think>b</think>c <think>d</think>', 'ab', 'c <think>d</think>'],
  ['<think>a</think>b</think>c', 'a', 'b</think>c'],
  ['<think></think>b</think>c', 'b', 'c'],
  ['<think>never closed </thi', 'never closed </thi', ''],
  ['she lies</think>Good evening.', 'she lies', 'Good evening.'],
  ['</think>\n\nYes.', '', 'Yes.'],
  ['Hm.</think>Use <think> or </think>.', 'Hm.', 'Use <think> or </think>.'],
  ['Like this:\n```html\n<think>x</think>\n```', '', 'Like this:\n```html\n<think>x</think>\n```'],
  ['Like `</think>` or [THINK].', '', 'Like `</think>` or [THINK].'],
  ['a < b 🦊 <3', '', 'a < b 🦊 <3'],
  ['[THINK]🦊 H\0m.[/THINK]Y\0es.', '🦊 Hm.', 'Yes.'],
];

describe('a block of thinking in the text of a response', () => {
  test.each(cases)('is separated, also where the connection ends: %j', async (whole, thinking, text) => {
    const events = stream(whole, inThrees(whole));
    for (let at = 1; at < events.length; at += 2)
      expect(await server.play({ events, breaks: [at] })).toMatchObject({ thinking, text, reason: 'stop' });
    expect(await server.play({ events })).toMatchObject({ thinking, text, reason: 'stop', asked: [] });
  });

  test('is separated wherever deltas are cut and connections end, with and without numbers', async () => {
    const script = fc.record({
      which: fc.constantFrom(...cases),
      cuts: fc.array(fc.nat(), { maxLength: 12 }),
      breaks: fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 4 }),
      unnumbered: fc.boolean(),
      hasDone: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(script, async ({ which: [whole, thinking, text], cuts, breaks, unnumbered, hasDone }) => {
        const all = stream(whole, split(whole, cuts));
        const events = hasDone ? all : all.filter(({ type }) => type !== 'response.output_item.done');
        expect(await server.play({ events, breaks, unnumbered })).toMatchObject({ thinking, text, reason: 'stop' });
      }),
      { numRuns: 40 },
    );
  });

  test.each(cases)('is separated where its text comes whole: %j', async (whole, thinking, text) => {
    for (const events of [
      [created, done(whole), completed('')],
      [created, completed(whole)],
      [created, { type: 'response.output_text.done', ...place, text: whole }, completed(whole)],
    ])
      expect(await server.play({ events })).toMatchObject({ thinking, text, reason: 'stop' });
  });

  test.each(cases)('is separated where a response that broke off is read whole: %j', async (whole, thinking, text) => {
    const events = stream(whole, [...whole]);
    for (let at = 1; at < events.length; at += 9)
      expect(await server.play({ events, breaks: [at], onlyLive: true, whole: ended(whole) })).toMatchObject({
        ...{ thinking, text, reason: 'stop' },
      });
  });

  test('is separated behind thinking that the server separated itself', async () => {
    const whole = '<think>b</think>Yes.';
    const events = [created, native('a'), ...[...whole].map(delta), done(whole), completed(whole)];
    for (let at = 1; at < events.length; at += 1)
      expect(await server.play({ events, breaks: [at] })).toMatchObject({ thinking: 'ab', text: 'Yes.' });
  });

  test('is read from its start, and what follows it is read on', async () => {
    const whole = '<think>Hm.</think>Yes.';
    const events = stream(whole, ['<think>', 'Hm', '.', '</think>', 'Y', 'es', '.']);
    expect((await server.play({ events, breaks: [3] })).asked).toEqual([null]);
    expect((await server.play({ events, breaks: [6] })).asked).toEqual([5]);
    const plain = stream('Yes.', ['Y', 'es', '.']);
    expect((await server.play({ events: plain, breaks: [3] })).asked).toEqual([2]);
    const thinking = [created, native('a'), native('b'), ...plain.slice(1)];
    expect((await server.play({ events: thinking, breaks: [3] })).asked).toEqual([2]);
  });
});
