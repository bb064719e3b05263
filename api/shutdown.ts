import type { Server } from 'node:http';
import { withinOr } from '../lib/within.js';
import type { Feeds } from '../viewers/gateway/feeds.js';
import type { OpenResponses } from './limits/openResponses.js';

/** The time over which viewers are closed, in milliseconds, so that they do not all reconnect at once. */
const spreadMs = 1_500;
/** The time for responses that are sent at the end of the grace period, in milliseconds. */
const lastMs = 500;

export type ShutdownParts = {
  server: Server;
  responses: OpenResponses;
  feeds: Feeds;
  /** Aborted at the end of the grace period: waiting requests are then answered with the current turn. */
  closing: AbortController;
  /** Closes upgraded connections: viewers first, workers last, since viewers need their tokens until then. */
  endUpgraded(): Promise<void>;
};

/**
 * Stops serving: stops listening, closes viewers, gives running requests at most `graceMs` to end, then closes what is
 * left. Resolves when no connection is left.
 */
export async function stopServing(parts: ShutdownParts, graceMs: number): Promise<void> {
  const { server, responses, feeds, closing } = parts;
  const closed = new Promise((resolve) => server.close(resolve));
  responses.closeConnections();
  const tooLate = new AbortController();
  const drained = Promise.all([
    feeds.drain({ withinMs: Math.min(spreadMs, graceMs), signal: tooLate.signal }),
    responses.idle(),
  ]);
  await withinOr(graceMs, drained, undefined);
  tooLate.abort();
  closing.abort();
  feeds.close();
  await withinOr(lastMs, responses.idle(), undefined);
  responses.destroy();
  await parts.endUpgraded();
  await closed;
}
