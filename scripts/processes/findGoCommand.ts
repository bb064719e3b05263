import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { messageOf, StartFailure } from '../start/failure.js';
import { type GoCommand, installByGo } from '../temporal/installTemporal.js';
import { runCommand } from './runCommand.js';

/** Where a command is looked for: the folder of what was built before, and the PATH. */
export type FindOptions = { cacheDir: string; path: string; say: (line: string) => void; signal: AbortSignal };

/** A command that is built with Go where it is not installed. `file` is its name on the PATH, `folder` that in the cache. */
type Wanted = {
  command: GoCommand;
  file: string;
  folder: string;
  version: string;
  /** The arguments with which it ends at once, with 0. */
  probe: string[];
};

/**
 * Finds a command on the PATH or in this project's cache, or builds it into the cache with Go, in a bounded time. Throws a
 * `StartFailure` that says what to do.
 */
export async function findGoCommand(
  { command, file, folder, version, probe }: Wanted,
  { cacheDir, path, say, signal }: FindOptions,
): Promise<string> {
  const cached = join(cacheDir, `${folder}-${version}`, file);
  const known = path
    .split(delimiter)
    .filter(Boolean)
    .map((folder) => join(folder, file));
  for (const each of [...known, cached]) if (await runs(each, probe, signal)) return each;
  const advice = `Put \`${file}\` on the PATH, or install Go (https://go.dev/dl), so that it can be built: ${command.package}@${version}`;
  try {
    const built = await installByGo({ command, to: cached, version, path, say, signal });
    if (built) return built;
  } catch (error) {
    signal.throwIfAborted();
    throw new StartFailure(`${command.name} was not found and could not be built: ${messageOf(error)}. ${advice}`);
  }
  throw new StartFailure(`${command.name} could not be built. ${advice}`);
}

async function runs(file: string, probe: string[], signal: AbortSignal): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    await runCommand({ file, args: probe }, { signal, withinMs: 20_000 });
    return true;
  } catch {
    signal.throwIfAborted();
    return false;
  }
}
