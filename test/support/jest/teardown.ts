import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

declare global {
  /** The processes that the setups of this run started, by what an error calls them. They live by their stdin. */
  var durableTurnsChildren: Record<string, ChildProcess> | undefined;
}

/** Ends what the setups of all projects of the run started, and fails the run if a process does not end in order. */
export default async function teardown(): Promise<void> {
  await Promise.all(Object.entries(globalThis.durableTurnsChildren ?? {}).map(([name, child]) => end(name, child)));
}

async function end(name: string, child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit', { signal: AbortSignal.timeout(30_000) });
  child.stdin?.end();
  const [code] = await ended;
  if (code !== 0) throw new Error(`the ${name} ended with ${code}`);
}
