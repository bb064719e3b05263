import { openLog } from '../processes/childLog.js';
import { freePort } from '../processes/ports.js';
import { logOf, type StartContext, startChild, untilListening } from '../start/context.js';
import { findTemporal } from './findTemporal.js';
import { checkOutsideTemporal, temporalReady } from './temporalConnection.js';
import { devServerArgs } from './temporalServer.js';

const defaults = { port: 7233, uiPort: 8233 };

export type TemporalServer = { address: string; ui: string | null };

/** Uses the configured Temporal server, or starts a dev server with its data under DATA_DIR. */
export async function startTemporal(context: StartContext): Promise<TemporalServer> {
  const { config, say } = context;
  if (config.TEMPORAL_ADDRESS) {
    await checkOutsideTemporal({ ...config, address: config.TEMPORAL_ADDRESS });
    say(`Temporal: ${config.TEMPORAL_ADDRESS} (TEMPORAL_ADDRESS), namespace ${config.TEMPORAL_NAMESPACE}`);
    return { address: config.TEMPORAL_ADDRESS, ui: config.TEMPORAL_UI_URL ?? null };
  }
  return startDevServer(context);
}

async function startDevServer(context: StartContext): Promise<TemporalServer> {
  const { config, dataDir, ports, say, signal } = context;
  const binary = await findTemporal({ cacheDir: config.cacheDir, path: process.env.PATH ?? '', say, signal });
  const namespace = config.TEMPORAL_NAMESPACE;
  let { port, uiPort } = defaults;
  await startChild(
    context,
    'temporal',
    {
      command: () => ({
        file: binary.path,
        args: devServerArgs({ folder: dataDir.path, port, uiPort, namespace }),
        // Without the TEMPORAL_… variables, which are for clients, and without keys.
        env: { PATH: process.env.PATH, HOME: dataDir.path },
      }),
      ready: async (pid, gone) => {
        await untilListening(pid, port, gone);
        await temporalReady(`127.0.0.1:${port}`, namespace, gone);
      },
      output: { file: openLog(logOf(dataDir, 'temporal')) },
      stopSignal: 'SIGTERM',
      graceMs: 15_000,
    },
    async () => {
      port = await freePort([ports.temporal, defaults.port], '127.0.0.1');
      uiPort = await freePort([ports.temporalUi, defaults.uiPort], '127.0.0.1');
      Object.assign(ports, { temporal: port, temporalUi: uiPort });
      return [port, uiPort];
    },
  );
  say(`Temporal: 127.0.0.1:${port} (${binary.from}), data in ${dataDir.path}/temporal.db`);
  return { address: `127.0.0.1:${port}`, ui: `http://127.0.0.1:${uiPort}` };
}
