import { Context } from '@temporalio/activity';

/** A third of the heartbeat timeout of 3 s, after which Temporal starts the next attempt. */
const HEARTBEAT_EVERY_MS = 1_000;

/**
 * For streams, of which a worker has hundreds: each heartbeat costs Temporal a write. A stop reaches a stream over the wire
 * or with its next checkpoint, and not only with the answer to a heartbeat.
 */
export const STREAM_HEARTBEAT_EVERY_MS = 2_000;

/** Runs `work` and sends heartbeats meanwhile. */
export async function withHeartbeats<T>(work: () => Promise<T>, everyMs = HEARTBEAT_EVERY_MS): Promise<T> {
  const timer = setInterval(() => Context.current().heartbeat(), everyMs);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
