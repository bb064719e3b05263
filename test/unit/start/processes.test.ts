import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { endRecorded, identityOf, listensOn, type ProcessRecord } from '../../../scripts/processes/processes.js';

let child: ChildProcess;
let record: ProcessRecord;

beforeEach(async () => {
  child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)']);
  const pid = child.pid as number;
  record = { name: 'sample', pid, identity: (await identityOf(pid)) as string, signal: 'SIGTERM', graceMs: 5_000 };
});

afterEach(() => {
  child.kill('SIGKILL');
});

describe('a process left by an earlier start', () => {
  it('is stopped', async () => {
    expect(await endRecorded(record)).toBe('ended');
    expect(await identityOf(record.pid)).toBeNull();
  });

  it('is not killed when another process has reused its pid', async () => {
    expect(await endRecorded({ ...record, identity: `${record.identity} of old` })).toBe('gone');
    expect(await identityOf(record.pid)).toBe(record.identity);
  });

  it('that drains gets a second signal after its drain time', async () => {
    const script =
      "let n = 0; process.on('SIGTERM', () => ++n > 1 && process.exit(0)); console.log('on'); setInterval(() => {}, 1e6)";
    const drains = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(drains.stdout, 'data');
    const pid = drains.pid as number;
    const identity = (await identityOf(pid)) as string;
    const exited = once(drains, 'exit');
    expect(await endRecorded({ ...record, pid, identity, drainMs: 200, graceMs: 30_000 })).toBe('ended');
    expect(await exited).toEqual([0, null]);
  });

  it('counts as gone when it has ended', async () => {
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await endRecorded(record)).toBe('gone');
  });
});

describe('a port', () => {
  it('is attributed to the process that listens on it, and to no other', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const answers = [await listensOn(process.pid, port), await listensOn(record.pid, port)];
    server.close();
    // Only Linux can tell.
    expect(answers).toEqual(process.platform === 'linux' ? [true, false] : [null, null]);
  });
});
