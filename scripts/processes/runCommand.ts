import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { bounded } from '../../lib/bounded.js';
import { sendSignal } from './processes.js';

export type Command = {
  file: string;
  args: string[];
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  uid?: number;
  gid?: number;
};

export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
  /** The last lines that the command wrote. */
  readonly output: string;

  constructor(command: Command, reason: string, output: string) {
    super(`${command.file} ${reason}${output ? `: ${output}` : ''}`);
    this.output = output;
  }
}

/** For a command that is given no time of its own. */
const longestMs = 60 * 60_000;

/**
 * Runs a command to its end and gives what it wrote (the last 50 lines). It runs in a process group of its own:
 * a Ctrl-C does not reach it, and what it starts ends with it.
 */
export async function runCommand(
  command: Command,
  options: { signal: AbortSignal; withinMs?: number; onLine?: (line: string) => void },
): Promise<string> {
  const { file, args, ...how } = command;
  options.signal.throwIfAborted();
  const { signal: bound, end } = bounded(options.signal, options.withinMs ?? longestMs);
  const child = spawn(file, args, { ...how, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      if (lines.push(line) > 50) lines.shift();
      options.onLine?.(line);
    });
  }
  const killGroup = () => child.pid && sendSignal(-child.pid, 'SIGKILL');
  bound.addEventListener('abort', killGroup);
  try {
    const [code, ended] = await once(child, 'close');
    options.signal.throwIfAborted();
    const output = lines.join('\n').trim();
    if (bound.aborted) throw new CommandFailed(command, `took longer than ${options.withinMs ?? longestMs} ms`, output);
    if (code !== 0)
      throw new CommandFailed(command, code === null ? `ended by ${ended}` : `ended with ${code}`, output);
    return output;
  } finally {
    bound.removeEventListener('abort', killGroup);
    end();
  }
}
