import { describe, expect, test } from '@jest/globals';
import { createSilenceClock } from './silenceClock.js';

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const start = (options: { silenceMs: number; commentsMs?: number }) =>
  createSilenceClock({ signal: new AbortController().signal, ...options });

/** Waits for signs of life as long as the clock allows, and gives how many there were. */
async function aliveFor(clock: ReturnType<typeof start>, everyMs: number, most: number): Promise<number> {
  const aborted = new Promise<never>((_, reject) => {
    clock.signal.addEventListener('abort', () => reject(clock.signal.reason), { once: true });
  });
  for (let count = 0; count < most; count++) {
    const isLost = await clock.waitFor(Promise.race([pause(everyMs), aborted])).then(
      () => false,
      () => true,
    );
    if (isLost) return count;
    clock.keepAlive();
  }
  return most;
}

describe('a server that sends comments and no data', () => {
  test('is not silent within the limit of comments', async () => {
    const clock = start({ silenceMs: 400, commentsMs: 60_000 });
    expect(await aliveFor(clock, 50, 20)).toBe(20);
    clock.end();
  });

  test('is silent when the limit of comments is reached', async () => {
    const clock = start({ silenceMs: 400, commentsMs: 500 });
    const count = await aliveFor(clock, 50, 100);
    expect(count).toBeGreaterThan(0);
    expect(count).toBeLessThan(20);
    expect(clock.signal.reason).toMatchObject({ code: 'provider_silent' });
  });

  test('gets the whole limit of comments again with each frame', async () => {
    const clock = start({ silenceMs: 2_000, commentsMs: 1_500 });
    for (let frame = 0; frame < 4; frame++) {
      expect(await aliveFor(clock, 50, 10)).toBe(10);
      clock.restart();
    }
    clock.end();
  });
});
