import { createRequire } from 'node:module';
import { Runtime } from '@temporalio/worker';
import { messageOf } from '../start/failure.js';

/**
 * `sdkDownload.ts FOLDER` downloads the SDK's dev server into FOLDER. The SDK downloads only to start a server, so this
 * starts one on a free port without a database, and stops it.
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
