import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { Report } from '../../../scripts/chaos/report/report.js';

/** A moderate set: every family of faults is in it, and a machine with two cores gets its turns done meanwhile. */
const faults = 'kill,term,freeze worker,cut,half-open gateway,read-only,slow fsync,provider,client,operator';
const args = ['--minutes', '1.2', '--seed', '11', '--chats', '8', '--lanes', '1', '--faults', faults];
const withinMs = 380_000;

async function runChaos(out: string) {
  const child = spawn(process.execPath, ['--import', 'tsx', 'scripts/chaos/main.ts', ...args, '--out', out], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  for (const from of [child.stdout, child.stderr]) {
    from.setEncoding('utf8').on('data', (text: string) => void lines.push(text));
  }
  const late = setTimeout(() => child.kill('SIGTERM'), withinMs);
  const [code] = await once(child, 'exit');
  clearTimeout(late);
  return { code: code as number | null, output: lines.join('') };
}

test('a short chaos run finds no breach, sees more than six kinds of fault take effect, and leaves no process behind', async () => {
  const out = await mkdtemp(join(tmpdir(), 'durable-turns-chaos-out-'));
  const { code, output } = await runChaos(out);
  console.info(output);
  expect(code).toBe(0);
  const report = JSON.parse(await readFile(join(out, 'report.json'), 'utf8')) as Report;
  expect(report.turns.accepted).toBeGreaterThan(16);
  const asked = report.checks.filter(({ name }) => !name.startsWith('cancelled replies'));
  for (const { name, of } of asked) expect({ name, isAsked: of > 0 }).toEqual({ name, isAsked: true });
  const fired = Object.values(report.faults).filter((fault) => fault.fired > 0);
  expect(fired.length).toBeGreaterThan(6);
  expect(report.kills).toBeGreaterThan(0);
  await rm(out, { recursive: true, force: true });
}, 400_000);
