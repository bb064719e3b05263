import { close, listen } from './http.js';
import { createDemoProvider } from './server.js';

/** The process of the demo provider. `DEMO_PROVIDER_PORT`: the port; 0, the default, is any free one. */
const server = createDemoProvider();
try {
  const port = await listen(server, Number(process.env.DEMO_PROVIDER_PORT || 0));
  console.log(`demo provider listening on http://127.0.0.1:${port}/v1`);
} catch (error) {
  console.error(`demo provider: can't listen: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => void close(server));
}
