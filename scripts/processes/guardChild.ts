import { type Child, createChild } from './child.js';
import { nodeCommand } from './nodeCommand.js';

/** Starts the guard, which stops the processes of this data folder if this process is killed. */
export async function startGuard(dataDir: string, say: (line: string) => void, signal: AbortSignal): Promise<Child> {
  const nothing = async () => undefined;
  const guard = createChild(
    {
      name: 'guard',
      command: () => ({ ...nodeCommand('scripts/processes/guard.ts', dataDir), env: { PATH: process.env.PATH } }),
      ready: nothing,
      output: { lines: (line) => say(`guard: ${line}`) },
      stdin: 'pipe',
      stopSignal: 'SIGTERM',
      graceMs: 2_000,
    },
    { say, onSpawned: nothing, onReady: nothing },
  );
  await guard.start(signal);
  return guard;
}
