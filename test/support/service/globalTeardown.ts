import { once } from 'node:events';

/** Ends the servers' child by closing its stdin, and fails the run when it does not go in order. */
export default async function teardown(): Promise<void> {
  const child = globalThis.durableTurnsServers;
  if (!child || child.exitCode !== null) return;
  const ended = once(child, 'exit', { signal: AbortSignal.timeout(30_000) });
  child.stdin?.end();
  const [code] = await ended;
  if (code !== 0) throw new Error(`the test servers ended with ${code}`);
}
