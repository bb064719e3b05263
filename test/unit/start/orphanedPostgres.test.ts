import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { stopOrphanedPostgres } from '../../../scripts/postgres/orphanedPostgres.js';
import { until } from '../../support/until.js';

let folder: string;
const children: ChildProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'durable-turns-'));
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

const record = (pid: number) => writeFile(join(folder, 'postmaster.pid'), `${pid}\n${folder}\n`);
const kept = () => readFile(join(folder, 'postmaster.pid'), 'utf8').catch(() => null);

/** A process that has ended, and whose parent never asks how: what a container without an init makes of orphans. */
async function zombie(): Promise<number> {
  // It ends when the shell, which might have asked, has become a sleep, which does not.
  const child = spawn('sh', ['-c', 'sleep 0.2 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] });
  children.push(child);
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  const pid = Number(line);
  await until('it is a zombie', async () => (/\) Z /.test(await readFile(`/proc/${pid}/stat`, 'utf8')) ? true : null));
  return pid;
}

test('the pid file of a killed Postgres that is still a zombie is removed', async () => {
  await record(await zombie());
  await stopOrphanedPostgres(folder);
  expect(await kept()).toBeNull();
});

test('the pid file of a Postgres whose pid another process reused is removed, and that process is not killed', async () => {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  children.push(child);
  await record(child.pid ?? 0);
  await stopOrphanedPostgres(folder);
  expect(await kept()).toBeNull();
  expect([child.exitCode, child.signalCode]).toEqual([null, null]);
});

test('the pid file of a Postgres whose pid does not exist is left to Postgres', async () => {
  const child = spawn('true', { stdio: 'ignore' });
  await once(child, 'exit');
  await record(child.pid ?? 0);
  await stopOrphanedPostgres(folder);
  expect(await kept()).toContain(String(child.pid));
});

test('a Postgres process that still works in the data folder is waited for', async () => {
  const orphan = spawn('sleep', ['60'], { cwd: folder, stdio: 'ignore' });
  children.push(orphan);
  await once(orphan, 'spawn');
  await record(orphan.pid ?? 0);
  const ended = once(orphan, 'exit').then(() => 'orphan');
  const cleared = stopOrphanedPostgres(folder).then(() => 'cleared');
  expect(await Promise.race([cleared, new Promise((resolve) => setImmediate(resolve, 'waits'))])).toBe('waits');
  orphan.kill('SIGKILL');
  expect(await Promise.race([ended, cleared])).toBe('orphan');
  expect(await cleared).toBe('cleared');
});
