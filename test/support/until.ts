import { setTimeout as delay } from 'node:timers/promises';

const EVERY_MS = 25;

/** For what can't be awaited otherwise: asks until there is an answer, and says what it waited for when it gives up. */
export async function until<T>(what: string, ask: () => Promise<T | null>, withinMs = 30_000): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer !== null) return answer;
    if (Date.now() > deadline) throw new Error(`not within ${withinMs / 1000} s: ${what}`);
    await delay(EVERY_MS);
  }
}
