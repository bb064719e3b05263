import { dataDirAt } from '../start/dataDir.js';
import { stopOrphanedProcesses } from '../start/orphanedProcesses.js';

/**
 * Runs beside the launcher and does nothing, until that is killed: then its end of the pipe closes, and the guard
 * stops, in order, what the launcher can't stop any more. Started as `guard.ts DATA_DIR`.
 */
const dataDir = dataDirAt(process.argv[2] ?? '.data');
const launcher = process.ppid;
process.on('SIGHUP', () => undefined);
process.stdin.on('error', () => undefined);
process.stdin.once('close', async () => {
  await stopOrphanedProcesses(dataDir);
  // The next launcher may already have written its own.
  if ((await dataDir.readRun())?.pids.launcher === launcher) await dataDir.removeRun();
});
process.stdin.resume();
