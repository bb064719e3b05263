import { randomBytes } from 'node:crypto';
import { chmod, mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { identityOf, type ProcessRecord } from '../processes/processes.js';
import { messageOf, StartFailure } from './failure.js';

/** The contents of `run.json`, which other programs read. The file is replaced as a whole. */
export type RunFile = {
  api: string;
  live: string;
  /** Where the worker's metrics can be scraped; the api's are at its own `/metrics`. */
  workerMetrics: string;
  temporalAddress: string;
  temporalUi: string | null;
  databaseUrl: string;
  demoChatId: string | null;
  pids: Record<'launcher' | 'api' | 'worker' | 'temporal' | 'postgres', number | null>;
};

/** What the next start reads: the ports to use again, and the processes that may still run. */
export type Services = { ports: Record<string, number>; running: ProcessRecord[] };

/** Root's Postgres runs as another user. Except on Linux that user has to enter the folder by its path. */
const folderMode = process.getuid?.() === 0 && process.platform !== 'linux' ? 0o711 : 0o700;

export type DataDir = ReturnType<typeof dataDirAt>;

export function dataDirAt(path: string) {
  const files = {
    run: join(path, 'run.json'),
    services: join(path, 'services.json'),
    lock: join(path, 'launcher.lock'),
    encryption: join(path, 'encryption.json'),
  };
  const readEncryptionKey = async () => (await readJson<{ key: string }>(files.encryption))?.key ?? null;
  return {
    path,
    files,
    logs: join(path, 'logs'),
    readRun: () => readJson<RunFile>(files.run),
    writeRun: (run: RunFile) => writeJson(files.run, run),
    removeRun: () => rm(files.run, { force: true }),
    async readServices(): Promise<Services> {
      return (await readJson<Services>(files.services)) ?? { ports: {}, running: [] };
    },
    writeServices: (services: Services) => writeJson(files.services, services),
    readDemoChat: () => readJson<{ chatId: string }>(join(path, 'demo.json')),
    writeDemoChat: (demo: { chatId: string }) => writeJson(join(path, 'demo.json'), demo),
    readEncryptionKey,
    /** The key of secrets at rest, 32 bytes as base64. The first start makes it. */
    async encryptionKey(): Promise<string> {
      const known = await readEncryptionKey();
      if (known !== null) return known;
      const key = randomBytes(32).toString('base64');
      await writeJson(files.encryption, { key });
      return key;
    },
    /** Creates the folder, closes it to other users and locks it for this launcher. Gives the function that unlocks it. */
    async lock(): Promise<() => Promise<void>> {
      try {
        await mkdir(path, { recursive: true, mode: folderMode });
        // An existing folder may be open to others. It contains the database's password, chats and logs.
        await chmod(path, folderMode);
        await mkdir(join(path, 'logs'), { recursive: true });
        await takeLock(files.lock, path);
      } catch (error) {
        if (error instanceof StartFailure) throw error;
        throw new StartFailure(
          `DATA_DIR: can't write to ${path} (${messageOf(error)}). Set DATA_DIR to a folder that you own.`,
        );
      }
      return () => rm(files.lock, { force: true });
    },
  };
}

async function takeLock(file: string, path: string): Promise<void> {
  const mine = { pid: process.pid, identity: (await identityOf(process.pid)) ?? '' };
  for (let tries = 0; tries < 3; tries++) {
    try {
      const lock = await open(file, 'wx', 0o600);
      await lock.writeFile(JSON.stringify(mine));
      return await lock.close();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const other = await readJson<typeof mine>(file);
    if (other && other.pid !== process.pid && (await identityOf(other.pid)) === other.identity) {
      throw new StartFailure(
        `The service already runs on ${path} (pid ${other.pid}). Stop it first, or set DATA_DIR and PORT for a second service.`,
      );
    }
    await rm(file, { force: true });
  }
  throw new StartFailure(`Another start on ${path} is in progress. Wait for it, or set DATA_DIR to another folder.`);
}

/** Null when the file is missing or incomplete. */
async function readJson<T>(file: string): Promise<T | null> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as T;
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** Replaces the file by a rename, so that readers see the old or the new one. Only the owner can read the password in it. */
async function writeJson(file: string, value: unknown): Promise<void> {
  const next = `${file}.${randomBytes(4).toString('hex')}`;
  await writeFile(next, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  await rename(next, file);
}
