import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { nodeCommand } from '../processes/nodeCommand.js';
import { CommandFailed, runCommand } from '../processes/runCommand.js';

const bounds = { silentMs: 15_000, allMs: 300_000 };

/**
 * Downloads the dev server with the SDK, in a separate process, because its download can't be cancelled. Fails at once
 * without a network, and after 15 s without data where packets are dropped. Gives the file.
 */
export async function downloadBySdk(options: {
  to: string;
  say: (line: string) => void;
  signal: AbortSignal;
}): Promise<string> {
  const folder = `${dirname(options.to)}.${process.pid}`;
  await mkdir(folder, { recursive: true });
  const silence = watchGrowth(folder, options.say);
  try {
    await runCommand(nodeCommand('scripts/temporal/sdkDownload.ts', folder), {
      signal: AbortSignal.any([options.signal, silence.signal]),
      withinMs: bounds.allMs,
    });
    const [file] = await readdir(folder);
    if (!file) throw new Error('the SDK downloaded nothing');
    await mkdir(dirname(options.to), { recursive: true });
    await rename(join(folder, file), options.to);
    return options.to;
  } catch (error) {
    options.signal.throwIfAborted();
    throw error instanceof CommandFailed ? new Error(causeOf(error.output)) : error;
  } finally {
    silence.end();
    await rm(folder, { recursive: true, force: true });
  }
}

/** A signal that is aborted when the folder stops growing. */
function watchGrowth(folder: string, say: (line: string) => void): { signal: AbortSignal; end: () => void } {
  const silent = new AbortController();
  let grownAt = Date.now();
  let before = 0;
  const timer = setInterval(async () => {
    const bytes = await sizeOf(folder);
    if (bytes > before) {
      if (before === 0) say("Temporal: the SDK's dev server is being downloaded");
      grownAt = Date.now();
      before = bytes;
    } else if (Date.now() - grownAt > bounds.silentMs) {
      silent.abort(new Error(`nothing arrived for ${bounds.silentMs / 1000} s`));
    }
  }, 500);
  return { signal: silent.signal, end: () => clearInterval(timer) };
}

async function sizeOf(folder: string): Promise<number> {
  const files = await readdir(folder).catch(() => []);
  const sizes = await Promise.all(
    files.map((file) =>
      stat(join(folder, file)).then(
        (s) => s.size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** The SDK's errors are nested, and the cause is the last part. */
function causeOf(output: string): string {
  const last = output.split('\n').at(-1) ?? '';
  return last.split(': ').slice(-2).join(': ') || 'it failed without an error message';
}
