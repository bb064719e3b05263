import { execFile } from 'node:child_process';
import { mkdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildPage, buildProcesses, buildWorkflows } from '../builds/builds.js';
import { nodeCommand } from '../processes/nodeCommand.js';
import { runCommand } from '../processes/runCommand.js';

/** A version of the service, bundled: `processes` has `api.mjs` and `worker.mjs`. */
export type ServiceBuild = { name: string; root: string; processes: string; workflows: string; page: string };

/**
 * The previous release where the newest tag is not of this version: 0.1.0 has no tag, and its turns can't be continued.
 * This commit has the schema of migration 0016.
 */
const withoutTag = 'c000330f2fbd7dca66335772d16e8b2c4ca26f11';

type Context = { folder: string; cacheDir: string; say: (line: string) => void; signal: AbortSignal };

export async function buildCurrent({ folder, cacheDir, signal }: Context): Promise<ServiceBuild> {
  const [processes, page] = [join(folder, 'processes'), join(folder, 'page')];
  const [workflows] = await Promise.all([
    buildWorkflows(join(folder, 'workflows'), { cacheDir, signal }, 'plain'),
    buildProcesses(processes, { cacheDir, signal }),
    buildPage(page, { cacheDir, signal }),
  ]);
  return { name: 'this version', root: process.cwd(), processes, workflows, page };
}

/** Builds an earlier commit (by default the previous release) from this repository's history. */
export async function buildPrevious(rev: string | undefined, context: Context): Promise<ServiceBuild> {
  const { folder, say, signal } = context;
  const commit = await findCommit(rev ?? (await newestTag()) ?? withoutTag);
  const root = join(folder, 'previous');
  await mkdir(root, { recursive: true });
  const archive = join(folder, 'previous.tar');
  await git('archive', '--output', archive, commit);
  await runCommand({ file: 'tar', args: ['-xf', archive, '-C', root] }, { signal, withinMs: 60_000 });
  say(`building ${commit.slice(0, 10)}, the previous version`);
  await installPackages(root, signal);
  const [processes, workflows] = [join(root, '.processes'), join(root, '.workflows', 'workflows.js')];
  for (const args of [
    nodeCommand('scripts/builds/bundleProcesses.ts', processes),
    nodeCommand('scripts/builds/bundleWorkflows.ts', workflows, '--only', 'plain'),
  ]) {
    await runCommand({ ...args, cwd: root }, { signal, withinMs: 240_000 });
  }
  return { name: `version ${commit.slice(0, 10)}`, root, processes, workflows, page: join(folder, 'page') };
}

async function git(...args: string[]): Promise<string> {
  return (await promisify(execFile)('git', args, { timeout: 120_000 })).stdout.trim();
}

async function newestTag(): Promise<string | null> {
  const tags = (await git('tag', '--list', 'v*', '--sort=-version:refname')).split('\n').filter(Boolean);
  const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
  return tags.find((tag) => tag !== `v${version}`) ?? null;
}

/** A shallow clone lacks the commit: then it is fetched. */
async function findCommit(rev: string): Promise<string> {
  const find = () => git('rev-parse', '--verify', '--quiet', `${rev}^{commit}`);
  try {
    return await find().catch(async () => {
      await git('fetch', '--depth', '1', 'origin', rev);
      return find();
    });
  } catch {
    throw new Error(
      `The commit ${rev} is not in this clone. Run \`git fetch --unshallow\`, or name another: --previous REV`,
    );
  }
}

/** Uses the packages that are installed here if the previous version needs no other versions of them. */
async function installPackages(root: string, signal: AbortSignal): Promise<void> {
  const dependencies = async (of: string) =>
    (JSON.parse(await readFile(join(of, 'package.json'), 'utf8')) as { dependencies: Record<string, string> })
      .dependencies;
  const [theirs, ours] = [await dependencies(root), await dependencies(process.cwd())];
  if (Object.entries(theirs).every(([name, version]) => ours[name] === version)) {
    await symlink(join(process.cwd(), 'node_modules'), join(root, 'node_modules'), 'dir');
    return;
  }
  await runCommand({ file: 'npm', args: ['ci', '--no-audit', '--no-fund'], cwd: root }, { signal, withinMs: 600_000 });
}
