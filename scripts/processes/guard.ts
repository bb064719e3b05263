import { dataDirAt } from '../start/dataDir.js';
import { stopOrphanedProcesses } from '../start/orphanedProcesses.js';

/**
 * `guard.ts DATA_DIR` runs beside the launcher and waits for the end of the pipe to it. When the launcher is killed, the
 * pipe closes, and the guard stops the launcher's processes in order.
 */
const dataDir = dataDirAt(process.argv[2] ?? '.data');
const launcher = process.ppid;
process.on('SIGHUP', () => undefined);
process.stdin.on('error', () => undefined);
process.stdin.once('close', async () => {
  await stopOrphanedProcesses(dataDir);
  // The next launcher may already have written its own file.
  if ((await dataDir.readRun())?.pids.launcher === launcher) await dataDir.removeRun();
});
process.stdin.resume();
