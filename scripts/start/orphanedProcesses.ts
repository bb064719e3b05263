import { endRecorded } from '../processes/processes.js';
import type { DataDir } from './dataDir.js';

/**
 * Ends what an earlier launcher left running, in the order it would have: those that use a service before it.
 * Writes nothing: the guard of a killed launcher may do this while the next one already keeps its own list.
 */
export async function stopOrphanedProcesses(dataDir: DataDir): Promise<string[]> {
  const { running } = await dataDir.readServices();
  const ended: string[] = [];
  for (const record of running) {
    if ((await endRecorded(record)) === 'ended') ended.push(record.name);
  }
  return ended;
}
