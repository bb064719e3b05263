import { setTimeout as delay } from 'node:timers/promises';
import type { SeenRequest } from '../test/support/provider/scriptedProvider.js';
import { ending, type Step } from '../test/support/provider/scriptedReply.js';
import type { SpawnedProvider } from '../test/support/provider/spawnScriptedProvider.js';
import type { Seat, SeenStream } from './streams.js';
import { patienceMs } from './subject.js';

/** Turns that are being started at the same time: it is not their start that is measured here. */
const startingAtOnce = 4;

export type Pace = { tokens: number; perSecond: number };

/** What the provider's streams wait for before their first token, so that all of them run at the same time. */
export const heldBack: { steps: Step[] } = { steps: [] };

/**
 * Starts a turn on every seat; once the provider was asked for all of their replies it sends them, each in a phase
 * of its own. The provider's script is `heldBack`, and it has seen no request. `watch` is called right before the
 * first token, and what it returns right after the last.
 */
export async function runTogether(
  provider: SpawnedProvider,
  seats: Seat[],
  { tokens, perSecond }: Pace,
  watch: () => () => void,
): Promise<SeenStream[]> {
  const running: Promise<SeenStream>[] = [];
  for (let n = 0; n < seats.length; n += startingAtOnce) {
    running.push(...seats.slice(n, n + startingAtOnce).map((seat) => seat.run()));
    await Promise.race([untilAsked(provider, running.length), ...running]);
  }
  const asked = await repliesAsked(provider);
  const watched = watch();
  const gapMs = 1000 / perSecond / seats.length;
  await Promise.all(
    asked.map(({ n }, i) => provider.push(n, { waitMs: Math.round(i * gapMs) }, { stamped: { tokens, perSecond } })),
  );
  watched();
  await Promise.all(asked.map(({ n }) => provider.push(n, ...ending())));
  return Promise.all(running);
}

/** The requests that are answered with tokens; classifiers ask as well. */
async function repliesAsked(provider: SpawnedProvider): Promise<SeenRequest[]> {
  return (await provider.requests()).filter(({ body }) => body.stream);
}

async function untilAsked(provider: SpawnedProvider, count: number): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while ((await repliesAsked(provider)).length < count) {
    if (performance.now() > deadline) throw new Error(`the provider was not asked for ${count} replies`);
    await delay(20);
  }
}

/** Milliseconds from the provider to the viewer, of all tokens. */
export function latencies(streams: SeenStream[]): number[] {
  return streams.flatMap(({ tokens }) => tokens.map(({ sentAt, cameAt }) => cameAt - sentAt));
}
