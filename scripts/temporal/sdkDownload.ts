import { createRequire } from 'node:module';
import { Runtime } from '@temporalio/worker';
import { messageOf } from '../start/failure.js';

/**
 * `sdkDownload.ts FOLDER` leaves the SDK's dev server in FOLDER. The SDK downloads only what it then runs, so
 * this starts it once, on a free port and without a database, and stops it.
 */
const { version } = createRequire(import.meta.url)('@temporalio/worker/package.json') as { version: string };

try {
  const server = await Runtime.instance().createEphemeralServer({
    type: 'dev-server',
    exe: {
      type: 'cached-download',
      downloadDir: process.argv[2] ?? '.',
      version: 'default',
      ttl: 24 * 3600 * 1000,
      sdkName: 'sdk-typescript',
      sdkVersion: version,
    },
    namespace: 'default',
    ip: '127.0.0.1',
    port: null,
    ui: false,
    uiPort: null,
    dbFilename: null,
    log: { format: 'text', level: 'error' },
    extraArgs: [],
  });
  await Runtime.instance().shutdownEphemeralServer(server);
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 1;
}
