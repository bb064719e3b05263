import { execFile } from 'node:child_process';
import { chown, mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';

/** Not in a backup: the running server's own, and the log of writes, which is copied last. */
const notCopied = ['postmaster.pid', 'postmaster.opts', 'pg_wal'];

/**
 * Copies the files of a running Postgres, by the functions that `pg_basebackup` and the usual backup tools use
 * (https://www.postgresql.org/docs/current/continuous-archiving.html#BACKUP-LOWLEVEL-BASE-BACKUP). A server that starts
 * on the copy has every commit before `finish` was called, and none after it.
 */
export async function beginBaseBackup(url: string, folder: string, to: string): Promise<{ finish(): Promise<void> }> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000, query_timeout: 60_000 });
  await client.connect();
  try {
    await client.query("select pg_backup_start('backup of a running service', fast => true)");
    await copyFiles(folder, to);
  } catch (error) {
    await client.end();
    throw error;
  }
  return {
    async finish() {
      try {
        const { rows } = await client.query<{ label: string }>(
          'select labelfile as label from pg_backup_stop(wait_for_archive => false)',
        );
        await copyIntoPlace(join(folder, 'pg_wal'), to);
        await writeLabel(to, rows[0]!.label);
      } finally {
        await client.end();
      }
    },
  };
}

async function copyFiles(folder: string, to: string): Promise<void> {
  const { uid, gid, mode } = await stat(folder);
  await mkdir(to, { recursive: true, mode });
  await chown(to, uid, gid);
  for (const name of await readdir(folder)) {
    if (!notCopied.includes(name)) await copyIntoPlace(join(folder, name), to);
  }
}

/** `cp`, since Node's own copy does not keep whose the files are. A running server may remove files meanwhile. */
async function copyIntoPlace(path: string, to: string): Promise<void> {
  try {
    await promisify(execFile)('cp', ['-a', path, to], { env: { PATH: process.env.PATH, LC_ALL: 'C' } });
  } catch (error) {
    const lines = String((error as { stderr?: unknown }).stderr ?? error).trim();
    if (!lines.split('\n').every((line) => line.endsWith('No such file or directory'))) throw error;
  }
}

/** Postgres recovers from where the backup began, and not from the last checkpoint that the copy names. */
async function writeLabel(folder: string, label: string): Promise<void> {
  const { uid, gid } = await stat(folder);
  const file = join(folder, 'backup_label');
  await writeFile(file, label, { mode: 0o600 });
  await chown(file, uid, gid);
}
