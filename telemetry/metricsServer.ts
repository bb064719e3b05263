import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { hostInUrl, listen } from '../lib/listen.js';
import type { Log } from './log/log.js';
import type { Metrics } from './registry.js';

export type MetricsServer = { url: string; close(): Promise<void> };

/** The longest wait for the metrics of Temporal's runtime, in milliseconds. Then the others are answered without them. */
const CORE_TIMEOUT_MS = 1_000;

/**
 * Serves the metrics of this process on a port of their own, without a key, followed by those of Temporal's runtime at
 * `coreMetrics`, if there are any. Rejects when the port can't be listened on.
 */
export async function serveMetrics(
  { registry }: Metrics,
  at: { host: string; port: number; coreMetrics: string | null },
  log: Log,
): Promise<MetricsServer> {
  const server = createServer(async (request, response) => {
    if (request.url?.split('?')[0] !== '/metrics') return void response.writeHead(404).end();
    try {
      const [own, core] = await Promise.all([registry.metrics(), readCore(at.coreMetrics, log)]);
      response.writeHead(200, { 'Content-Type': registry.contentType }).end(`${own}\n${core}`);
    } catch (err) {
      log.warn({ err }, 'the metrics could not be read');
      response.writeHead(500).end();
    }
  });
  const port = await listen(server, at);
  return {
    url: `http://${hostInUrl(at.host)}:${port}/metrics`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const RETRY_EVERY_MS = 1_000;

/**
 * Retries to serve until the port is free; the process runs on meanwhile. A worker that drains keeps the port until it
 * ends. `setting` names the port in the log.
 */
export function serveWithRetry(serve: () => Promise<MetricsServer>, { log, setting }: { log: Log; setting: string }) {
  const closing = new AbortController();
  const serving = listen();

  async function listen(): Promise<MetricsServer | null> {
    for (let tries = 0; !closing.signal.aborted; tries++) {
      try {
        const server = await serve();
        log.info({ url: server.url }, 'metrics can be scraped');
        return server;
      } catch (err) {
        if (tries === 0)
          log.warn({ err }, `${setting}: ${describe(err)}; no metrics are served until it can be listened on`);
        await delay(RETRY_EVERY_MS, undefined, { signal: closing.signal }).catch(() => undefined);
      }
    }
    return null;
  }

  return {
    /** Null when it was closed before it could listen. */
    serving,
    async close() {
      closing.abort();
      await (await serving)?.close();
    },
  };
}

/** What is wrong with the port: the line is read without the error too. */
function describe(err: unknown): string {
  const { code, port } = err as NodeJS.ErrnoException & { port?: number };
  return code === 'EADDRINUSE' ? `port ${port} is taken` : 'the port can not be listened on';
}

async function readCore(url: string | null, log: Log): Promise<string> {
  if (url === null) return '';
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(CORE_TIMEOUT_MS) });
    return response.ok ? await response.text() : '';
  } catch (err) {
    log.debug({ err }, "the metrics of Temporal's runtime could not be read");
    return '';
  }
}
