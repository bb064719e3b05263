import { Context } from '@temporalio/activity';

/** A third of the heartbeat timeout of 3 s, after which Temporal starts the next attempt. */
const HEARTBEAT_EVERY_MS = 1_000;

/** Runs `work` and sends heartbeats meanwhile. */
export async function withHeartbeats<T>(work: () => Promise<T>): Promise<T> {
  const timer = setInterval(() => Context.current().heartbeat(), HEARTBEAT_EVERY_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
