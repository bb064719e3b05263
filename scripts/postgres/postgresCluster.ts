import { randomBytes } from 'node:crypto';
import { chown, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Command, runCommand } from '../processes/runCommand.js';
import { StartFailure } from '../start/failure.js';
import { stopOrphanedPostgres } from './orphanedPostgres.js';
import { type PostgresBinaries, postgresBinaries } from './postgresBinaries.js';
import { canEnter, idsOf, postgresUser, type RunAs } from './postgresUser.js';

/** The files of the embedded Postgres, and the command that serves them. */
export type PostgresCluster = { folder: string; password: string; serve: (port: number) => Command };

const workingDirectory = '/proc/self/cwd';

/**
 * Finds or creates the data of the embedded Postgres under DATA_DIR, and stops an orphaned server that runs on them. If
 * the user of Postgres can't enter DATA_DIR by its path, because it is under a closed home, the server starts with the
 * folder as its working directory and serves that. Throws a `StartFailure`.
 */
export async function openCluster(options: {
  dataDir: string;
  say: (line: string) => void;
  signal: AbortSignal;
}): Promise<PostgresCluster> {
  const { dataDir, say, signal } = options;
  const folder = join(dataDir, 'postgres');
  const user = await postgresUser(folder, signal);
  const binaries = await postgresBinaries(user, dataDir, signal);
  const closed = !(await canEnter(dataDir, user, signal));
  if (closed && process.platform !== 'linux') {
    throw new StartFailure(
      `Postgres can't run as root, and the user ${user.name}, as which it runs, can't enter ${dataDir}. Set DATA_DIR to a folder that this user can enter, or set DATABASE_URL.`,
    );
  }
  if (user.uid !== undefined) say(`Postgres: runs as ${user.name}, since it refuses to run as root`);
  const password = await readOrCreatePassword(join(dataDir, 'postgres.password'));
  const at = (path: string) => (closed ? workingDirectory : path);
  if ((await versionOf(folder)) === null) await initialise({ folder, at, binaries, user, password, signal });
  await checkVersion(folder, binaries);
  await stopOrphanedPostgres(folder);
  return { folder, password, serve: (port) => serveCommand({ at: at(folder), folder, binaries, user, port }) };
}

function serveCommand(o: {
  at: string;
  folder: string;
  binaries: PostgresBinaries;
  user: RunAs;
  port: number;
}): Command {
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '200',
    // Recovery after a kill is a second faster than with a sync of each file.
    ...(process.platform === 'linux' ? { recovery_init_sync_method: 'syncfs' } : {}),
    jit: 'off',
    // Without DETAIL and CONTEXT, which contain rows and so the text of users and models.
    log_error_verbosity: 'terse',
    log_line_prefix: '%m [%p] ',
  };
  const args = ['-D', o.at, '-p', String(o.port), ...Object.entries(settings).flatMap(([k, v]) => ['-c', `${k}=${v}`])];
  return { file: o.binaries.postgres, args, cwd: o.folder, env: cleanEnv(), ...idsOf(o.user) };
}

/** The environment of Postgres: without our keys and PG variables. */
function cleanEnv(): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH, LC_ALL: 'C.UTF-8', TZ: 'UTC' };
}

async function readOrCreatePassword(file: string): Promise<string> {
  const kept = await readFile(file, 'utf8').catch(() => '');
  if (kept.trim()) return kept.trim();
  const password = randomBytes(18).toString('base64url');
  await writeFile(file, `${password}\n`, { mode: 0o600 });
  return password;
}

async function versionOf(folder: string): Promise<string | null> {
  return readFile(join(folder, 'PG_VERSION'), 'utf8').then(
    (text) => text.trim(),
    () => null,
  );
}

async function checkVersion(folder: string, binaries: PostgresBinaries): Promise<void> {
  const [data, server] = [await versionOf(folder), binaries.version.split('.')[0]];
  if (data === server) return;
  throw new StartFailure(
    `The data in ${folder} are of Postgres ${data}, but the embedded Postgres is ${server}. Dump and load them, or set DATA_DIR to a new folder.`,
  );
}

/** Initialises beside the target and renames, so that a start that is interrupted leaves no partial database. */
async function initialise(o: {
  folder: string;
  at: (path: string) => string;
  binaries: PostgresBinaries;
  user: RunAs;
  password: string;
  signal: AbortSignal;
}): Promise<void> {
  const fresh = `${o.folder}.new`;
  const secrets = await mkdtemp(join(tmpdir(), 'durable-turns-'));
  const passwordFile = join(secrets, 'password');
  try {
    await rm(fresh, { recursive: true, force: true });
    await mkdir(fresh, { recursive: true, mode: 0o700 });
    await writeFile(passwordFile, o.password, { mode: 0o600 });
    const { uid, gid } = o.user;
    if (uid !== undefined && gid !== undefined) {
      await Promise.all([fresh, secrets, passwordFile].map((path) => chown(path, uid, gid)));
    }
    const flags = ['--encoding=UTF8', '--locale=C.UTF-8', '--username=postgres', '--auth=scram-sha-256'];
    await runCommand(
      {
        file: o.binaries.initdb,
        args: [`--pgdata=${o.at(fresh)}`, `--pwfile=${passwordFile}`, ...flags],
        cwd: fresh,
        env: cleanEnv(),
        ...idsOf(o.user),
      },
      { signal: o.signal, withinMs: 120_000 },
    );
    await rename(fresh, o.folder);
  } finally {
    await rm(secrets, { recursive: true, force: true });
  }
}
