import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { runCommand } from '../processes/runCommand.js';
import { messageOf, StartFailure } from '../start/failure.js';
import { downloadBySdk } from './downloadTemporal.js';
import { type GoCommand, installByGo } from './installTemporal.js';

const temporalVersion = 'v1.5.1';
const temporal: GoCommand = {
  name: 'Temporal',
  package: 'github.com/temporalio/cli/cmd/temporal',
  takes: 'a few minutes',
};

/** How long tests wait for it: on a new machine it is downloaded or built. */
export const temporalWithinMs = 15 * 60_000;

export type TemporalBinary = { path: string; from: string };

type Source = { name: string; find: () => Promise<string | null> };

/**
 * Finds the `temporal` command on the PATH or in this project's cache, else gets it by the SDK's download or by
 * `go install`. Throws a `StartFailure` with the reason for which each way failed and what to do.
 */
export async function findTemporal(options: {
  cacheDir: string;
  path: string;
  say: (line: string) => void;
  signal: AbortSignal;
}): Promise<TemporalBinary> {
  const { cacheDir, say, signal } = options;
  const cached = join(cacheDir, `temporal-${temporalVersion}`, 'temporal');
  const downloaded = join(cacheDir, 'temporal-sdk', 'temporal');
  const sources: Source[] = [
    { name: '`temporal` on the PATH', find: () => firstWorking(onPath(options.path), signal) },
    { name: `installed before in ${cacheDir}`, find: () => firstWorking([cached, downloaded], signal) },
    { name: "the SDK's download", find: () => downloadBySdk({ to: downloaded, say, signal }) },
    {
      name: '`go install`',
      find: () =>
        installByGo({ command: temporal, to: cached, version: temporalVersion, path: options.path, say, signal }),
    },
  ];
  const tried: string[] = [];
  for (const source of sources) {
    try {
      const path = await source.find();
      if (path) return { path, from: source.name };
      tried.push(`${source.name}: not found`);
    } catch (error) {
      signal.throwIfAborted();
      tried.push(`${source.name}: ${messageOf(error)}`);
    }
  }
  throw new StartFailure(notFoundMessage(tried));
}

function onPath(path: string): string[] {
  return path
    .split(delimiter)
    .filter(Boolean)
    .map((folder) => join(folder, 'temporal'));
}

async function firstWorking(paths: string[], signal: AbortSignal): Promise<string | null> {
  for (const path of paths) {
    if (!(await isExecutable(path))) continue;
    await runCommand({ file: path, args: ['--version'] }, { signal, withinMs: 20_000 });
    return path;
  }
  return null;
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

function notFoundMessage(tried: string[]): string {
  return [
    'No Temporal server was found, and none could be installed. Tried:',
    ...tried.map((line) => `  - ${line}`),
    'Do one of these, then start again:',
    '  - set TEMPORAL_ADDRESS=host:port to a Temporal server that already runs',
    '  - put the `temporal` command on the PATH (https://docs.temporal.io/cli)',
    '  - connect this machine to the network, so that the command can be downloaded',
    `  - install Go (https://go.dev/dl), so that it can be built: github.com/temporalio/cli/cmd/temporal@${temporalVersion}`,
  ].join('\n');
}
