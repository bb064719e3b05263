import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { copyFile, cp, link, mkdir, mkdtemp, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join, relative } from 'node:path';

/**
 * The key of a cached build: its name and the hash of its inputs. The files of a build that `isShared` are hard links to
 * those in the cache, so they must never be written in place.
 */
export type BuildKey = { cacheDir: string; name: string; inputs: string; isShared?: boolean };

/** How many builds the cache holds. The largest, of the processes, has 30 MB. */
const maxBuilds = 24;

/**
 * Replaces the folder `to` by a build: a copy of the cached one for the same inputs, or one that `make` writes to the
 * folder. A cache that can not be read or written costs the time of a build. Throws the error of `make`.
 */
export async function buildOnce(
  to: string,
  { cacheDir, name, inputs, isShared = false }: BuildKey,
  make: (folder: string) => Promise<void>,
): Promise<void> {
  const builds = join(cacheDir, 'builds');
  const cached = join(builds, `${name}-${inputs}`);
  if (await replaceByCopy(cached, to, isShared)) return void (await markUsed(cached));
  await rm(to, { recursive: true, force: true });
  await mkdir(to, { recursive: true });
  await make(to);
  await addToCache(to, { builds, cached, isShared }).catch(() => undefined);
}

/** The hash of the files at these paths and in these folders, without tests. A missing path is part of the hash too. */
export async function hashFiles(root: string, paths: string[], ...more: string[]): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([root, ...more]));
  for (const path of paths) {
    for (const file of await filesAt(join(root, path))) {
      // A thousand small files: read one by one without the event loop, they take a quarter of the time.
      hash.update(`\0${relative(root, file)}\0`).update(readFileSync(file));
    }
  }
  return hash.digest('hex').slice(0, 32);
}

async function filesAt(path: string): Promise<string[]> {
  const found = await stat(path).catch(() => null);
  if (!found) return [];
  if (!found.isDirectory()) return [path];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && !/\.test\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** Copies beside the target and renames, so that a start that is interrupted leaves no partial build. */
async function replaceByCopy(from: string, to: string, isShared: boolean): Promise<boolean> {
  const fresh = `${to}.new`;
  try {
    if (!(await stat(from)).isDirectory()) return false;
    await rm(fresh, { recursive: true, force: true });
    await copyFolder(from, fresh, isShared);
    await rm(to, { recursive: true, force: true });
    await rename(fresh, to);
    return true;
  } catch {
    // Missing, removed by another start meanwhile, or not readable.
    await rm(fresh, { recursive: true, force: true });
    return false;
  }
}

/** A folder of shared files is flat. Another file system, or one without hard links, gets copies. */
async function copyFolder(from: string, to: string, isShared: boolean): Promise<void> {
  if (!isShared) return cp(from, to, { recursive: true, verbatimSymlinks: true });
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isFile()) await link(source, target).catch(() => copyFile(source, target));
    else await cp(source, target, { verbatimSymlinks: true });
  }
}

type Place = { builds: string; cached: string; isShared: boolean };

async function addToCache(built: string, { builds, cached, isShared }: Place): Promise<void> {
  await mkdir(builds, { recursive: true, mode: 0o700 });
  const fresh = await mkdtemp(join(builds, 'new-'));
  try {
    await copyFolder(built, fresh, isShared);
    // Fails if another start has added the same build.
    await rename(fresh, cached);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  await dropOldest(builds);
}

const markUsed = (cached: string) => utimes(cached, new Date(), new Date()).catch(() => undefined);

async function dropOldest(builds: string): Promise<void> {
  const names = await readdir(builds);
  const dated = await Promise.all(
    names.map(async (name) => ({ path: join(builds, name), at: (await stat(join(builds, name))).mtimeMs })),
  );
  const old = dated.sort((a, b) => b.at - a.at).slice(maxBuilds);
  for (const { path } of old) await rm(path, { recursive: true, force: true });
}
