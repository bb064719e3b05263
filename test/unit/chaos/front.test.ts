import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Front, startFront } from '../../../scripts/chaos/provider/front.js';
import { type ScriptedProvider, startScriptedProvider } from '../../support/provider/scriptedProvider.js';

let provider: ScriptedProvider;
let front: Front;

beforeEach(async () => {
  provider = await startScriptedProvider();
  front = await startFront(() => provider.port);
});
afterEach(async () => {
  await front.close();
  await provider.close();
});

const ask = (signal?: AbortSignal) =>
  fetch(`http://127.0.0.1:${front.port}/v1/chat/completions`, {
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
  const [asked] = front.asked;
  return { reader, asked: asked! };
}

describe('the door before the scripted providers', () => {
  test('passes an answer on as it is, and names what it was for', async () => {
    const response = await ask();
    expect(await response.text()).toContain('A scripted');
    expect(front.asked).toMatchObject([{ turnId: 'turn_1', step: 'turn_1/reply:0', fault: null, leftAt: null }]);
  });

  test('refuses as often as it is told to, and says how often that was', async () => {
    const refused = front.refuse({ name: '429' }, 2, 5_000);
    const answers = [await ask(), await ask(), await ask()];
    expect(answers.map(({ status }) => status)).toEqual([429, 429, 200]);
    expect(await refused).toBe(2);
    await answers[2]?.text();
  });

  test('sees when a client leaves a stream', async () => {
    const leaving = new AbortController();
    const { asked } = await begin(leaving.signal);
    expect(front.streams()).toEqual([asked]);
    const left = front.untilLeft(asked, 5_000);
    leaving.abort();
    expect(await left).toBe(asked.leftAt);
    expect(front.streams()).toEqual([]);
  });

  test('resets a stream, which is then no client that left', async () => {
    const { reader, asked } = await begin();
    expect(front.reset(asked)).toBe(true);
    await expect(reader.read()).rejects.toThrow();
    expect(asked).toMatchObject({ fault: 'reset', leftAt: null });
  });

  test('lets a stream fall silent until its client has left', async () => {
    const leaving = new AbortController();
    const { asked } = await begin(leaving.signal);
    const silenced = front.silence(asked, 5_000);
    await provider.requests[0]?.send('more');
    leaving.abort();
    expect(await silenced).toBe(true);
    expect(asked).toMatchObject({ fault: 'silence', leftAt: null });
  });
});
