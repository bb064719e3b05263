import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

/**
 * Gives a folder that holds no Postgres yet a copy of the run's template: a cluster that is initialised and migrated.
 * `cp`, since Node's own copy does not keep whose the files are. Without a template the service makes its own.
 */
export async function copyPostgresTemplate(dataDir: string): Promise<void> {
  const template = process.env.TEST_POSTGRES_TEMPLATE;
  if (!template || existsSync(join(dataDir, 'postgres'))) return;
  await promisify(execFile)('cp', ['-a', `${template}/.`, dataDir]);
}
