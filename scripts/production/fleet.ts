import { join } from 'node:path';
import { freePort } from '../../test/support/service/freePort.js';
import { until } from '../../test/support/until.js';
import { bundledCommand } from '../processes/nodeCommand.js';
import type { ServiceBuild } from './builds.js';
import { type LoggedProcess, startLogged } from './loggedProcess.js';

export type Role = 'api' | 'worker';

/** A place of an api or a worker, in which one process runs at a time, of whichever version. */
export type Place = {
  name: string;
  role: Role;
  /** Of an api. */
  port: number;
  pid(): number;
  /** Resolves when the api answers, or the worker polls. */
  start(build: ServiceBuild): Promise<void>;
  stop(signal: NodeJS.Signals): Promise<void>;
};

const readyWithinMs = 90_000;

/** Makes a place. `env` has all settings but those that differ between versions and places. */
export async function createPlace(
  role: Role,
  n: number,
  { env, logs }: { env: Record<string, string>; logs: string },
): Promise<Place> {
  const name = `${role} ${n}`;
  const port = await freePort();
  let running: LoggedProcess | null = null;
  return {
    name,
    role,
    port,
    pid: () => running?.pid ?? 0,
    async start({ root, processes, workflows, page }) {
      const { file, args } = bundledCommand(join(processes, `${role}.mjs`));
      const own = { PORT: String(port), WORKFLOW_BUNDLE: workflows, PAGE_DIR: page };
      const started = startLogged({
        file,
        args,
        cwd: root,
        env: { ...clean(process.env), ...env, ...own },
        log: join(logs, `${role}-${n}.log`),
      });
      running = started;
      if (role === 'worker') return started.untilLine('"worker is ready"', readyWithinMs);
      await Promise.race([started.failed, until(`${name} answers`, () => answers(port), readyWithinMs)]);
    },
    async stop(signal) {
      await running?.stop(signal);
    },
  };
}

/** The settings of whoever runs the command must not reach the service. */
const clean = ({ PATH, HOME, TMPDIR }: NodeJS.ProcessEnv) => ({ PATH, HOME, TMPDIR });

const answers = (port: number) =>
  fetch(`http://127.0.0.1:${port}/healthz`).then(
    ({ ok }) => (ok ? true : null),
    () => null,
  );
