import { fileURLToPath } from 'node:url';
import type { Command } from './runCommand.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** A process as `bundleProcesses.ts` made it: with its sources' names and lines in stack traces. */
export function bundledCommand(file: string): Command {
  return { file: process.execPath, args: ['--enable-source-maps', file], cwd: root };
}

/** A script of this project as a process: Node itself, with no command around it, so that its pid is the process's. */
export function nodeCommand(script: string, ...args: string[]): Command {
  return { file: process.execPath, args: ['--import', 'tsx', script, ...args], cwd: root };
}
