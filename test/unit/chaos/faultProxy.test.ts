import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type FaultProxy, startFaultProxy } from '../../../scripts/chaos/provider/faultProxy.js';
import { type ScriptedProvider, startScriptedProvider } from '../../support/provider/scriptedProvider.js';

let provider: ScriptedProvider;
let faultProxy: FaultProxy;

beforeEach(async () => {
  provider = await startScriptedProvider();
  faultProxy = await startFaultProxy(() => provider.port);
});
afterEach(async () => {
  await faultProxy.close();
  await provider.close();
});

const ask = (signal?: AbortSignal) =>
  fetch(`http://127.0.0.1:${faultProxy.port}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'x-client-request-id': 'turn_1/reply:0/1' },
    body: JSON.stringify({ model: 'm', messages: [] }),
    ...(signal ? { signal } : {}),
  });

/** A reply that has begun and does not end. */
async function begin(signal?: AbortSignal) {
  provider.script(() => ({ steps: [{ text: 'Hello' }] }));
  const response = await ask(signal);
  const reader = response.body!.getReader();
  await reader.read();
  const [asked] = faultProxy.asked;
  return { reader, asked: asked! };
}

describe('the proxy in front of the scripted providers', () => {
  test('passes an answer on unchanged, and records its request', async () => {
    const response = await ask();
    expect(await response.text()).toContain('A scripted');
    expect(faultProxy.asked).toMatchObject([
      { turnId: 'turn_1', step: 'turn_1/reply:0', fault: null, abortedAt: null },
    ]);
  });

  test('refuses as often as it is told to, and says how often that was', async () => {
    const refused = faultProxy.refuse({ name: '429' }, 2, 5_000);
    const answers = [await ask(), await ask(), await ask()];
    expect(answers.map(({ status }) => status)).toEqual([429, 429, 200]);
    expect(await refused).toBe(2);
    await answers[2]?.text();
  });

  test('records when a client closes a stream', async () => {
    const leaving = new AbortController();
    const { asked } = await begin(leaving.signal);
    expect(faultProxy.streams()).toEqual([asked]);
    const left = faultProxy.untilAborted(asked, 5_000);
    leaving.abort();
    expect(await left).toBe(asked.abortedAt);
    expect(faultProxy.streams()).toEqual([]);
  });

  test('resets a stream, which does not count as closed by the client', async () => {
    const { reader, asked } = await begin();
    expect(faultProxy.reset(asked)).toBe(true);
    await expect(reader.read()).rejects.toThrow();
    expect(asked).toMatchObject({ fault: 'reset', abortedAt: null });
  });

  test('sends nothing more on a stream until its client closes it', async () => {
    const leaving = new AbortController();
    const { asked } = await begin(leaving.signal);
    const silenced = faultProxy.silence(asked, 5_000);
    await provider.requests[0]?.send('more');
    leaving.abort();
    expect(await silenced).toBe(true);
    expect(asked).toMatchObject({ fault: 'silence', abortedAt: null });
  });
});
