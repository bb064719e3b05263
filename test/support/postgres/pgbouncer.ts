import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../service/freePort.js';
import { until } from '../until.js';

export type PgBouncer = { url: string; close(): Promise<void> };

export type PgBouncerOptions = {
  mode: 'transaction' | 'session';
  /** Startup parameters that it ignores; it refuses all others that it does not know. */
  ignores?: string[];
  /** Connections to the server. */
  size?: number;
  /** Unset: a free one. */
  port?: number;
};

/** A real PgBouncer before a Postgres; its URL is that of the database beyond. */
export async function startPgBouncer(databaseUrl: string, options: PgBouncerOptions): Promise<PgBouncer> {
  const target = new URL(databaseUrl);
  const folder = await mkdtemp(join(tmpdir(), 'durable-turns-pgbouncer-'));
  const port = options.port ?? (await freePort());
  const file = join(folder, 'pgbouncer.ini');
  await writeFile(file, configuration(target, port, options));
  // It refuses to run as root.
  const isRoot = process.getuid?.() === 0;
  if (isRoot) await chmod(folder, 0o755);
  const child = spawn('pgbouncer', [...(isRoot ? ['-u', 'nobody'] : []), file], {
    env: { PATH: `${process.env.PATH}:/usr/sbin` },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    said += chunk;
  });
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`pgbouncer is needed for this test: ${error.message}`));
    child.once('exit', (code, signal) => resolve(`pgbouncer ended with ${code ?? signal}: ${said}`));
  });
  let why: string | null = null;
  void ended.then((reason) => {
    why = reason;
  });
  await until('PgBouncer listens', async () => {
    if (why !== null) throw new Error(why);
    return listens(port);
  });
  return {
    url: Object.assign(new URL(databaseUrl), { port: String(port) }).toString(),
    async close() {
      if (why === null) {
        const gone = once(child, 'exit', { signal: AbortSignal.timeout(10_000) });
        child.kill('SIGKILL');
        await gone;
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const configuration = (target: URL, port: number, { mode, ignores = [], size = 5 }: PgBouncerOptions) => `
[databases]
* = host=${target.hostname} port=${target.port} user=${target.username} password=${decodeURIComponent(target.password)}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = ${mode}
default_pool_size = ${size}
max_client_conn = 200
${ignores.length > 0 ? `ignore_startup_parameters = ${ignores.join(',')}` : ''}
`;

function listens(port: number): Promise<true | null> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('error', () => resolve(null));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}
