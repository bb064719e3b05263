import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { scriptArgs } from '../service/scriptArgs.js';

/** `npm run reconcile`, to its end. */
export async function runReconcile(
  args: string[],
  env: Record<string, string>,
): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, scriptArgs('scripts/reconcile.ts', ...args), {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  const chunks: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => chunks.push(chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output: chunks.join('') };
}
