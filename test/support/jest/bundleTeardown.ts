import { once } from 'node:events';

/** Ends the process of the bundles, which removes them. */
export default async function teardown(): Promise<void> {
  const child = globalThis.durableTurnsBundles;
  if (!child || child.exitCode !== null) return;
  const ended = once(child, 'exit', { signal: AbortSignal.timeout(30_000) });
  child.stdin?.end();
  const [code] = await ended;
  if (code !== 0) throw new Error(`the process of the bundles ended with ${code}`);
}
