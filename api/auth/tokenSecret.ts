import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../../telemetry/log/log.js';

const fileName = 'token-secret';
/** Characters: a shorter file was not written by `makeSecret`. */
const shortest = 32;

/**
 * The secret that signs tokens: the given one, or one that is made at the first start and kept in `dataDir`. Where no
 * file can be written, it lasts until the process ends.
 */
export async function readTokenSecret(
  given: string | undefined,
  dataDir: string,
  log: Pick<Log, 'warn'>,
): Promise<string> {
  if (given !== undefined) return given;
  try {
    return await keptSecret(dataDir);
  } catch (err) {
    log.warn({ err }, 'TOKEN_SECRET is not set and none can be kept in DATA_DIR: tokens end with this process');
    return makeSecret();
  }
}

const makeSecret = () => randomBytes(32).toString('base64url');

/** Two processes may start at once: the first link counts, and it is of a file that is complete. */
async function keptSecret(dataDir: string): Promise<string> {
  const file = join(dataDir, fileName);
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const made = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    await writeFile(made, makeSecret(), { mode: 0o600, flag: 'wx' });
    await link(made, file).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(made, { force: true });
  }
  const kept = (await readFile(file, 'utf8')).trim();
  if (kept.length < shortest) throw new Error(`${file} holds no secret: delete it`);
  return kept;
}
