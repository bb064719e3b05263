import { fileURLToPath } from 'node:url';
import type { Command } from './runCommand.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The command of a process that `bundleProcesses.ts` bundled. Stack traces show the sources: `loadBundle.cjs`. */
export function bundledCommand(file: string): Command {
  return { file: process.execPath, args: [file], cwd: root };
}

/** The command of a script of this project. It is Node itself without a wrapper, so the pid is that of the script. */
export function nodeCommand(script: string, ...args: string[]): Command {
  return { file: process.execPath, args: ['--import', 'tsx', script, ...args], cwd: root };
}
