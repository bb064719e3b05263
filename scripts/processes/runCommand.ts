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

/** The time limit of a command for which none is given. */
const defaultLimitMs = 60 * 60_000;

/**
 * Runs a command to its end and gives the last 50 lines of its output. It runs in its own process group, so a Ctrl-C does
 * not reach it, and its children are killed with it. Throws `CommandFailed`, or the signal's reason.
 */
export async function runCommand(
  command: Command,
  options: { signal: AbortSignal; withinMs?: number; onLine?: (line: string) => void },
): Promise<string> {
  const { file, args, ...how } = command;
  options.signal.throwIfAborted();
  const { signal: bound, end } = bounded(options.signal, options.withinMs ?? defaultLimitMs);
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
    if (bound.aborted)
      throw new CommandFailed(command, `took longer than ${options.withinMs ?? defaultLimitMs} ms`, output);
    if (code !== 0)
      throw new CommandFailed(command, code === null ? `ended by ${ended}` : `ended with ${code}`, output);
    return output;
  } finally {
    bound.removeEventListener('abort', killGroup);
    end();
  }
}
