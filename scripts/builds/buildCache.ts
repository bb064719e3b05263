import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** A build that is kept: its name, and the hash of all that it is made of. */
export type BuildKey = { cacheDir: string; name: string; inputs: string };

/** Builds of a few checkouts with a few versions each; one is at most some megabytes. */
const keptBuilds = 24;

/**
 * Puts a build into the folder `to`: a copy of the one that was made before of the same inputs, or one that `make`
 * makes in the folder that it is given. A cache that cannot be read or written costs only the time of a build; an
 * error of `make` is thrown. The folder is replaced whole.
 */
export async function buildOnce(
  to: string,
  { cacheDir, name, inputs }: BuildKey,
  make: (folder: string) => Promise<void>,
): Promise<void> {
  const builds = join(cacheDir, 'builds');
  const kept = join(builds, `${name}-${inputs}`);
  if (await replaceByCopy(kept, to)) return void (await markUsed(kept));
  await rm(to, { recursive: true, force: true });
  await mkdir(to, { recursive: true });
  await make(to);
  await keep(to, builds, kept).catch(() => undefined);
}

/** The hash of the files at these paths, folders included, without their tests. A path that is not there counts as that. */
export async function hashFiles(root: string, paths: string[], ...more: string[]): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([root, ...more]));
  for (const path of paths) {
    for (const file of await filesAt(join(root, path))) {
      hash.update(`\0${relative(root, file)}\0`).update(await readFile(file));
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

/** Copied beside its place and moved there: a start that is cut off leaves no half of a build. */
async function replaceByCopy(from: string, to: string): Promise<boolean> {
  const fresh = `${to}.new`;
  try {
    if (!(await stat(from)).isDirectory()) return false;
    await rm(fresh, { recursive: true, force: true });
    await cp(from, fresh, { recursive: true, verbatimSymlinks: true });
    await rm(to, { recursive: true, force: true });
    await rename(fresh, to);
    return true;
  } catch {
    // Not there, removed by another start meanwhile, or not readable
    await rm(fresh, { recursive: true, force: true });
    return false;
  }
}

async function keep(built: string, builds: string, kept: string): Promise<void> {
  await mkdir(builds, { recursive: true, mode: 0o700 });
  const fresh = await mkdtemp(join(builds, 'new-'));
  try {
    await cp(built, fresh, { recursive: true, verbatimSymlinks: true });
    // Fails when another start was first, which made the same
    await rename(fresh, kept);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  await dropOldest(builds);
}

const markUsed = (kept: string) => utimes(kept, new Date(), new Date()).catch(() => undefined);

async function dropOldest(builds: string): Promise<void> {
  const names = await readdir(builds);
  const dated = await Promise.all(
    names.map(async (name) => ({ path: join(builds, name), at: (await stat(join(builds, name))).mtimeMs })),
  );
  const old = dated.sort((a, b) => b.at - a.at).slice(keptBuilds);
  for (const { path } of old) await rm(path, { recursive: true, force: true });
}
