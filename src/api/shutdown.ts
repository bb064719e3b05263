import type { Server } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { Feeds } from '../viewers/feeds.js';
import type { OpenResponses } from './openResponses.js';

/** Milliseconds within which viewers are let go of, spread so that they do not all dial the next api at once. */
const spreadMs = 1_500;
/** Those who are answered at the last moment may take so long to read it. */
const lastMs = 500;

export type ShutdownParts = {
  server: Server;
  responses: OpenResponses;
  feeds: Feeds;
  /** Aborted when those who wait for a turn's end are to be answered with what there is. */
  closing: AbortController;
  /** Ends the connections that were upgraded: viewers' first, then workers', whose tokens are worth most to the last. */
  endUpgraded(): Promise<void>;
};

/**
 * Stops serving: takes no new connection, sends viewers to the next api, lets the requests that run end for at most
 * `graceMs`, cuts off what is left. Resolves when no connection is left.
 */
export async function stopServing(parts: ShutdownParts, graceMs: number): Promise<void> {
  const { server, responses, feeds, closing } = parts;
  const closed = new Promise((resolve) => server.close(resolve));
  responses.closeAfterwards();
  const tooLate = new AbortController();
  const drained = Promise.all([
    feeds.drain({ withinMs: Math.min(spreadMs, graceMs), signal: tooLate.signal }),
    responses.idle(),
  ]);
  await firstOf(drained, graceMs);
  tooLate.abort();
  closing.abort();
  feeds.close();
  await firstOf(responses.idle(), lastMs);
  responses.cut();
  await parts.endUpgraded();
  await closed;
}

/** Resolves when the work is done, or the time is over. */
async function firstOf(work: Promise<unknown>, ms: number): Promise<void> {
  const over = new AbortController();
  const late = pause(ms, undefined, { signal: over.signal }).catch(() => undefined);
  await Promise.race([work, late]);
  over.abort();
}
