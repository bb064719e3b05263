import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { identityOf } from '../../../scripts/processes/processes.js';
import { type DataDir, dataDirAt, type RunFile } from '../../../scripts/start/dataDir.js';

let folder: string;
let dataDir: DataDir;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'data-dir-'));
  dataDir = dataDirAt(join(folder, 'new'));
});

afterEach(() => rm(folder, { recursive: true }));

const run: RunFile = {
  api: 'http://127.0.0.1:3000',
  live: 'ws://127.0.0.1:3000',
  workerMetrics: 'http://127.0.0.1:1/metrics',
  temporalAddress: '127.0.0.1:7233',
  temporalUi: null,
  databaseUrl: 'postgres://postgres:secret@127.0.0.1:5432/durable_turns',
  demoChatId: 'chat_1',
  pids: { launcher: 1, api: 2, worker: 3, temporal: null, postgres: 4 },
};

const lock = async (identity: string, pid: number) => writeFile(dataDir.files.lock, JSON.stringify({ pid, identity }));

describe('DATA_DIR', () => {
  it("is one launcher's at a time", async () => {
    await (await dataDir.lock())();
    await lock((await identityOf(process.ppid)) as string, process.ppid);
    await expect(dataDir.lock()).rejects.toThrow(`The service already runs on ${dataDir.path} (pid ${process.ppid})`);
  });

  it('is taken over from a launcher that was killed, even if its pid is another process now', async () => {
    await (await dataDir.lock())();
    await lock('an earlier process', process.ppid);
    const release = await dataDir.lock();
    await release();
    expect(await readdir(dataDir.path)).toEqual(['logs']);
  });

  it('that cannot be written is refused with a message that says what to do', async () => {
    await writeFile(join(folder, 'file'), '');
    await expect(dataDirAt(join(folder, 'file', 'x')).lock()).rejects.toThrow('Set DATA_DIR to a folder that you own');
  });

  it.each([null, 0o755, 0o777])('is closed to other users, also when it was there with mode %p', async (mode) => {
    if (mode !== null) {
      await mkdir(dataDir.path);
      await chmod(dataDir.path, mode);
    }
    await dataDir.lock();
    expect((await stat(dataDir.path)).mode & 0o777).toBe(0o700);
  });

  it('holds run.json for its owner only, and no half of it', async () => {
    await dataDir.lock();
    await Promise.all([1, 2, 3].map((worker) => dataDir.writeRun({ ...run, pids: { ...run.pids, worker } })));
    expect(await dataDir.readRun()).toMatchObject({ ...run, pids: { launcher: 1, api: 2 } });
    expect((await stat(dataDir.files.run)).mode & 0o077).toBe(0);
    expect((await readdir(dataDir.path)).sort()).toEqual(['launcher.lock', 'logs', 'run.json']);
  });

  it('without run.json has no running service', async () => {
    expect(await dataDir.readRun()).toBeNull();
    expect(await dataDir.readServices()).toEqual({ ports: {}, running: [] });
  });
});
