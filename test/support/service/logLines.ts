import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { until } from '../until.js';

export type LogEntry = Record<string, unknown>;

/** The lines of a process's log that suit, once there are any. */
export function logLines(
  dataDir: string,
  process: 'api' | 'worker',
  suits: (entry: LogEntry) => boolean,
): Promise<LogEntry[]> {
  return until(`a line in the log of the ${process}`, async () => {
    const lines = (await readFile(join(dataDir, 'logs', `${process}.log`), 'utf8')).split('\n');
    // The last one may be half written.
    const entries = lines.filter((line) => line.startsWith('{') && line.endsWith('}'));
    const found = entries.map((line) => JSON.parse(line) as LogEntry).filter(suits);
    return found.length > 0 ? found : null;
  });
}
