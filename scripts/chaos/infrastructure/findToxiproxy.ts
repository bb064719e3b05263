import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { runCommand } from '../../processes/runCommand.js';
import { messageOf, StartFailure } from '../../start/failure.js';
import { type GoCommand, installByGo } from '../../temporal/installTemporal.js';

const version = 'v2.5.0';
const toxiproxy: GoCommand = {
  name: 'Toxiproxy',
  package: 'github.com/Shopify/toxiproxy/v2/cmd/server',
  takes: 'about a minute',
};

type FindOptions = { cacheDir: string; path: string; say: (line: string) => void; signal: AbortSignal };

/** Finds `toxiproxy-server` on the PATH or in this project's cache, or builds it into the cache with Go. */
export async function findToxiproxy({ cacheDir, path, say, signal }: FindOptions): Promise<string> {
  const cached = join(cacheDir, `toxiproxy-${version}`, 'toxiproxy-server');
  const known = path
    .split(delimiter)
    .filter(Boolean)
    .map((folder) => join(folder, 'toxiproxy-server'));
  for (const file of [...known, cached]) if (await runs(file, signal)) return file;
  try {
    const built = await installByGo({ command: toxiproxy, to: cached, version, path, say, signal });
    if (built) return built;
  } catch (error) {
    signal.throwIfAborted();
    throw new StartFailure(
      `Toxiproxy was not found and could not be built: ${messageOf(error)}. Put \`toxiproxy-server\` on the PATH, or install Go (https://go.dev/dl), so that it can be built: ${toxiproxy.package}@${version}`,
    );
  }
  throw new StartFailure('Toxiproxy could not be built.');
}

async function runs(file: string, signal: AbortSignal): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    await runCommand({ file, args: ['-version'] }, { signal, withinMs: 20_000 });
    return true;
  } catch {
    signal.throwIfAborted();
    return false;
  }
}
