import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createChatCompletions } from '../../../llm/chatCompletions/chatCompletions.js';
import type { ReplyProvider } from '../../../llm/port.js';
import { createChunkMaker, DONE, sseFrame } from '../../../scripts/provider/chunks.js';
import { collectReply, someRequest } from '../../support/provider/collectReply.js';
import { type ScriptedProvider, startScriptedProvider } from '../../support/provider/scriptedProvider.js';
import { ending, readStamps, type Step, stamped, whole } from '../../support/provider/scriptedReply.js';

let server: ScriptedProvider;
let provider: ReplyProvider;

beforeAll(async () => {
  server = await startScriptedProvider();
});
afterAll(() => server.close());
beforeEach(() => {
  server.unscript();
  server.requests.length = 0;
  provider = createChatCompletions({ baseUrl: server.baseUrl, apiKey: 'sk-test' });
});

describe('the request for a reply', () => {
  test('asks for a stream with usage, and carries its id and the key', async () => {
    await collectReply(provider, { request: { ...someRequest, maxTokens: 99, temperature: 0.5 } });
    expect(server.requests).toHaveLength(1);
    expect(server.requests[0]).toMatchObject({
      requestId: 'turn_1/reply:0/1',
      headers: { authorization: 'Bearer sk-test', 'content-type': 'application/json' },
      body: {
        model: 'gpt-4.1',
        messages: [{ role: 'user', content: 'Good evening.' }],
        stream: true,
        stream_options: { include_usage: true },
        max_tokens: 99,
        temperature: 0.5,
      },
    });
  });

  test('sends no Authorization header without a key', async () => {
    for (const apiKey of [undefined, '', '  ']) {
      await collectReply(createChatCompletions({ baseUrl: server.baseUrl, apiKey }));
      expect(server.requests.at(-1)?.headers.authorization).toBeUndefined();
    }
  });

  test('reuses the connection of an earlier request', async () => {
    const before = server.connections();
    for (let n = 0; n < 20; n++) expect((await collectReply(provider)).finish).toBeDefined();
    // a reply may be over a moment before its connection is free
    expect(server.connections() - before).toBeLessThan(5);
  });

  test('runs beside 200 other streams without waiting', async () => {
    server.script(() => ({ steps: [{ text: 'a' }] }));
    const stops = Array.from({ length: 200 }, () => new AbortController());
    let begun = 0;
    const onDelta = () => {
      begun += 1;
      if (begun === stops.length) for (const stop of stops) stop.abort('enough');
    };
    const replies = await Promise.all(stops.map(({ signal }) => collectReply(provider, { signal, onDelta })));
    expect(begun).toBe(200);
    expect(replies.every(({ error }) => error === 'enough')).toBe(true);
  });
});

describe('a reply stream', () => {
  test('has its text, its thinking and its finish reason', async () => {
    const thinking: Step[] = [{ thinking: 'Hm' }, { frame: { choices: [{ index: 0, delta: { reasoning: '…' } }] } }];
    server.script({ steps: [...thinking, ...whole('Good', ' evening', '.').steps] });
    const reply = await collectReply(provider);
    expect(reply.deltas.map(({ channel, text }) => [channel, text])).toEqual([
      ['thinking', 'Hm'],
      ['thinking', '…'],
      ['text', 'Good'],
      ['text', ' evening'],
      ['text', '.'],
    ]);
    expect(reply.finish).toEqual({
      type: 'finish',
      reason: 'stop',
      model: 'gpt-4.1',
      usage: {
        promptTokens: 11,
        completionTokens: 7,
        totalTokens: 18,
        cachedTokens: 0,
        toolCallCount: 0,
        llmCallCount: 1,
        modelId: 'gpt-4.1',
        certainty: 'exact',
      },
    });
  });

  test('has cached tokens and the name of the model that answered', async () => {
    const usage = { prompt_tokens: 5, completion_tokens: 1, prompt_tokens_details: { cached_tokens: 4 } };
    const last = { model: 'gpt-4.1-2025', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }], usage };
    server.script({ steps: [{ text: 'a' }, { frame: last }, { end: true }] });
    const { finish } = await collectReply(provider);
    expect(finish).toMatchObject({
      model: 'gpt-4.1-2025',
      usage: { totalTokens: 6, cachedTokens: 4, modelId: 'gpt-4.1-2025' },
    });
  });

  test.each([
    ['length', 'length'],
    ['content_filter', 'content_filter'],
    ['tool_calls', 'tool_calls'],
    ['function_call', 'tool_calls'],
    ['end_turn', 'stop'],
  ])('with the finish reason %s ends as %s', async (word, reason) => {
    server.script({ steps: [{ text: 'a' }, ...ending(word)] });
    expect((await collectReply(provider)).finish?.reason).toBe(reason);
  });

  test('may begin with its role alone, and have empty and unknown chunks', async () => {
    const chunks = createChunkMaker('c', 'm');
    const frames = [
      chunks.role(),
      { choices: [] },
      { choices: [{ index: 1, delta: { content: 'another choice' } }] },
      { choices: [{ index: 0, delta: { content: '', tool_calls: [{ index: 0, function: { arguments: '{' } }] } }] },
      { object: 'something.new' },
    ];
    server.script({ steps: [...frames.map((frame) => ({ frame })), ...whole('a').steps] });
    const { deltas, finish } = await collectReply(provider);
    expect(deltas.map(({ text }) => text)).toEqual(['a']);
    expect(finish?.reason).toBe('stop');
  });

  test('that is empty finishes without a delta', async () => {
    server.script({ steps: ending() });
    const reply = await collectReply(provider);
    expect(server.requests[0]?.did).toEqual(['finish', 'usage', 'done', 'end']);
    expect(reply).toMatchObject({ deltas: [], finish: { reason: 'stop' }, error: undefined });
  });

  test('ends at [DONE], although the connection stays open', async () => {
    server.script({ steps: [{ text: 'a' }, { finish: 'stop' }, { done: true }] });
    expect((await collectReply(provider, { silenceMs: 60_000 })).finish?.reason).toBe('stop');
    expect(await server.requests[0]?.left()).toBeGreaterThan(0);
  });

  test('yields each delta before the next one is sent', async () => {
    server.script({ steps: [] });
    const arrivals: ((text: string) => void)[] = [];
    const reading = collectReply(provider, { onDelta: (text) => arrivals.shift()?.(text) });
    const call = await server.nextRequest();
    for (const text of ['one', 'two', 'three']) {
      const arrived = new Promise<string>((resolve) => arrivals.push(resolve));
      await call.send(text);
      expect(await arrived).toBe(text);
    }
    await call.finish();
    expect((await reading).text).toBe('onetwothree');
  });

  test('of stamped tokens arrives at the pace of sending', async () => {
    server.script(stamped({ tokens: 25, perSecond: 100 }));
    const { text, deltas } = await collectReply(provider);
    const stamps = readStamps(text);
    expect(stamps).toHaveLength(25);
    expect(stamps.at(-1)! - stamps[0]!).toBeGreaterThan(200);
    const delays = deltas.map(({ at }, n) => at - stamps[n]!).sort((a, b) => a - b);
    expect(delays[12]).toBeLessThan(20);
  });

  test('of 10 MB is read in time linear in its size', async () => {
    const read = async (chars: number, per: number) => {
      server.script({ steps: [{ fill: { chars, per } }, ...ending()] });
      const start = performance.now();
      const { text, finish } = await collectReply(provider);
      expect(text.length).toBe(chars);
      expect(finish?.reason).toBe('stop');
      return performance.now() - start;
    };
    await read(1_000_000, 100);
    // ten times as much takes about ten times as long, where a square would make it a hundred
    const one = Math.max(await read(1_000_000, 100), 50);
    expect(await read(10_000_000, 100)).toBeLessThan(one * 40);
    expect(await read(10_000_000, 10_000_000)).toBeLessThan(one * 40);
  }, 60_000);
});

describe('a reply cut into bytes', () => {
  const deltas = ['Ein Fuchs 🦊', ' läuft', ' – 漢字 ', 'e\u0301', '👩‍👩‍👧'];
  const chunks = createChunkMaker('c', 'm');
  const frames = [...deltas.map(chunks.text), chunks.finish('stop')].map(sseFrame);
  const body = `${frames.join('')}${DONE}`;
  const size = Buffer.byteLength(body);

  async function readCut(bytes: string, cuts: number[]) {
    server.script({ steps: [{ bytes, cuts }, { end: true }] });
    const { text, finish } = await collectReply(provider);
    expect(server.requests.at(-1)?.did).toEqual(['bytes', 'end']);
    return { text, reason: finish?.reason };
  }

  test('at each place of its multi-byte text is the same reply', async () => {
    const from = Buffer.byteLength(frames[0]!.slice(0, frames[0]!.indexOf('Ein')));
    const to = Buffer.byteLength(frames.slice(0, deltas.length).join(''));
    for (let cut = from; cut < to; cut++) {
      expect(await readCut(body, [cut])).toEqual({ text: deltas.join(''), reason: 'stop' });
    }
  }, 30_000);

  test('at any set of places is the same reply', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(size)), fc.boolean(), async (cuts, crlf) => {
        const bytes = crlf ? body.replaceAll('\n', '\r\n') : body;
        expect(await readCut(bytes, cuts)).toEqual({ text: deltas.join(''), reason: 'stop' });
      }),
      { numRuns: 50 },
    );
  }, 30_000);

  test('at every byte is the same reply', async () => {
    const everywhere = Array.from({ length: size }, (_, n) => n);
    expect(await readCut(body, everywhere)).toEqual({ text: deltas.join(''), reason: 'stop' });
  });
});

describe('a stop of a reply stream', () => {
  const reason = new Error('stopped by the user');

  test('ends a streaming reply at once, with its own reason, and the request with it', async () => {
    server.script({ steps: [{ text: 'a' }] });
    const stop = new AbortController();
    const onDelta = () => stop.abort(reason);
    // The provider says no more, and doesn't end: only the stop can.
    const { text, error } = await collectReply(provider, { signal: stop.signal, onDelta });
    expect({ text, error }).toEqual({ text: 'a', error: reason });
    expect(await server.requests[0]?.left()).toBeGreaterThan(0);
  });

  test('ends a request that has not been answered yet', async () => {
    server.script({ silent: true });
    const stop = new AbortController();
    const reading = collectReply(provider, { signal: stop.signal });
    const call = await server.nextRequest();
    stop.abort(reason);
    expect((await reading).error).toBe(reason);
    expect(await call.left()).toBeGreaterThan(0);
  });

  test('before the request prevents the request', async () => {
    const { error } = await collectReply(provider, { signal: AbortSignal.abort(reason) });
    expect(error).toBe(reason);
    expect(server.requests).toHaveLength(0);
  });

  test('ends the wait for usage, too', async () => {
    server.script({ steps: [{ text: 'a' }, { finish: 'stop' }] });
    const stop = new AbortController();
    const reading = collectReply(provider, { signal: stop.signal });
    const call = await server.nextRequest();
    await call.push({ frame: { choices: [] } });
    stop.abort(reason);
    expect((await reading).error).toBe(reason);
  });

  test('takes precedence over deltas that are still unread', async () => {
    server.script(whole(...Array.from({ length: 500 }, () => 'x')));
    const stop = new AbortController();
    const { deltas, error } = await collectReply(provider, { signal: stop.signal, onDelta: () => stop.abort(reason) });
    expect(deltas).toHaveLength(1);
    expect(error).toBe(reason);
  });

  test('happens also when the reader returns early', async () => {
    server.script({ steps: [{ text: 'a' }] });
    for await (const part of provider.streamReply(someRequest, {
      signal: new AbortController().signal,
      silenceMs: 5_000,
    })) {
      expect(part).toEqual({ type: 'delta', channel: 'text', text: 'a' });
      break;
    }
    expect(await server.requests[0]?.left()).toBeGreaterThan(0);
  });
});
