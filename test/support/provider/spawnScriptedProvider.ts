import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { SeenRequest } from './scriptedProvider.js';
import type { Reply, Step } from './scriptedReply.js';

/** A scripted provider in a process of its own, so that its work is not counted with the test's or the bench's. */
export type SpawnedProvider = {
  baseUrl: string;
  pid: number;
  /** Replaces the script: replies for the next requests, in turn, then `always`; for classifiers, by their name. */
  script(script: { queue?: Reply[]; always?: Reply; classify?: Record<string, Reply> }): Promise<void>;
  push(n: number, ...steps: Step[]): Promise<void>;
  requests(): Promise<SeenRequest[]>;
  /** Forgets the requests seen so far. */
  forget(): Promise<void>;
  close(): Promise<void>;
};

export async function spawnScriptedProvider(): Promise<SpawnedProvider> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'test/support/provider/scriptedProviderProcess.ts'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface(child.stdout);
  const [line] = (await once(lines, 'line', { signal: AbortSignal.timeout(20_000) })) as [string];
  const { baseUrl, control } = JSON.parse(line) as { baseUrl: string; control: string };

  const order = async (method: 'GET' | 'POST', path: string, body?: object): Promise<unknown> => {
    const response = await fetch(control + path, { method, ...(body ? { body: JSON.stringify(body) } : {}) });
    if (!response.ok) throw new Error(`scripted provider: ${await response.text()}`);
    return response.json();
  };
  return {
    baseUrl,
    pid: child.pid ?? 0,
    script: async (script) => void (await order('POST', '/script', script)),
    push: async (n, ...steps) => void (await order('POST', '/push', { n, steps })),
    requests: async () => (await order('GET', '/requests')) as SeenRequest[],
    forget: async () => void (await order('POST', '/forget')),
    async close() {
      const ended = once(child, 'exit', { signal: AbortSignal.timeout(5_000) });
      child.kill('SIGTERM');
      await ended;
      lines.close();
    },
  };
}
