import { endRecorded } from '../processes/processes.js';
import type { DataDir } from './dataDir.js';

/**
 * Stops the processes that an earlier launcher left running, users of a service before the service. Gives the names of
 * those that it stopped. Writes no file: the guard of a killed launcher may run this while the next launcher already
 * writes its own list.
 */
export async function stopOrphanedProcesses(dataDir: DataDir): Promise<string[]> {
  const { running } = await dataDir.readServices();
  const ended: string[] = [];
  for (const record of running) {
    if ((await endRecorded(record)) === 'ended') ended.push(record.name);
  }
  return ended;
}
