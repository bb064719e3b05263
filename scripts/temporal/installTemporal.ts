import { mkdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { CommandFailed, runCommand } from '../processes/runCommand.js';
import { messageOf } from '../start/failure.js';

const reportEveryMs = 10_000;
const withinMs = 30 * 60_000;

/** A command that Go can build: its name for people, its package, and how long it takes. */
export type GoCommand = { name: string; package: string; takes: string };

/**
 * Builds a command with `go install`, which takes minutes, and reports the progress. Builds beside the target and renames,
 * so that the target is always complete. Gives the file.
 */
export async function installByGo(options: {
  command: GoCommand;
  to: string;
  version: string;
  path: string;
  say: (line: string) => void;
  signal: AbortSignal;
}): Promise<string | null> {
  const { command, to, say, signal } = options;
  const env = { ...process.env, PATH: options.path };
  if (!(await hasGo(env, signal))) throw new Error('the `go` command is not on the PATH');
  const folder = `${dirname(to)}.${process.pid}`;
  await mkdir(folder, { recursive: true });
  say(`${command.name}: building it with \`go install\`, which takes ${command.takes}. It is kept in ${dirname(to)}`);
  const progress = reportProgress(command.name, say);
  try {
    await runCommand(
      {
        file: 'go',
        args: ['install', '-v', `${command.package}@${options.version}`],
        env: { ...env, GOBIN: folder, CGO_ENABLED: '0' },
        cwd: folder,
      },
      { signal, withinMs, onLine: progress.line },
    );
    await mkdir(dirname(to), { recursive: true });
    await rename(join(folder, basename(command.package)), to);
    say(`${command.name}: built in ${progress.elapsed()}`);
    return to;
  } catch (error) {
    signal.throwIfAborted();
    throw new Error(error instanceof CommandFailed ? lastLine(error.output) : messageOf(error));
  } finally {
    progress.end();
    await rm(folder, { recursive: true, force: true });
  }
}

async function hasGo(env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<boolean> {
  try {
    await runCommand({ file: 'go', args: ['version'], env }, { signal, withinMs: 20_000 });
    return true;
  } catch {
    signal.throwIfAborted();
    return false;
  }
}

function reportProgress(name: string, say: (line: string) => void) {
  const startedAt = Date.now();
  const done = { downloaded: 0, compiled: 0 };
  const elapsed = () => {
    const seconds = Math.round((Date.now() - startedAt) / 1000);
    return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  };
  const timer = setInterval(
    () => say(`${name}: ${elapsed()}, ${done.downloaded} modules downloaded, ${done.compiled} packages compiled`),
    reportEveryMs,
  );
  return {
    elapsed,
    line: (line: string) => {
      if (line.startsWith('go: downloading')) done.downloaded++;
      else if (!line.startsWith('go: ')) done.compiled++;
    },
    end: () => clearInterval(timer),
  };
}

function lastLine(output: string): string {
  return output.split('\n').filter(Boolean).at(-1) ?? 'it failed without an error message';
}
