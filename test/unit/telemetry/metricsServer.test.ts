import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { PassThrough } from 'node:stream';
import { afterEach, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { close, listen } from '../../../scripts/provider/http.js';
import { type MetricsServer, serveMetrics, serveWithRetry } from '../../../telemetry/metricsServer.js';
import { createRegistry } from '../../../telemetry/registry.js';
import { scrape } from '../../support/telemetry/exposition.js';

const quiet = pino({ level: 'silent' });
const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
});

async function core(answer: (server: Server) => Server): Promise<string> {
  const server = answer(createServer());
  opened.push({ close: () => close(server) });
  return `http://127.0.0.1:${await listen(server, 0)}/metrics`;
}

async function serve(coreMetrics: string | null): Promise<MetricsServer> {
  const metrics = createRegistry();
  metrics.watch('ours_total', 'Ours', () => 7);
  const serving = await serveMetrics(metrics, { host: '127.0.0.1', port: 0, coreMetrics }, quiet);
  opened.push(serving);
  return serving;
}

test("a worker serves its own metrics, followed by those of Temporal's runtime", async () => {
  const text = '# TYPE durable_turns_temporal_x gauge\ndurable_turns_temporal_x{a="b"} 3\n';
  const coreMetrics = await core((server) => server.on('request', (_, response) => void response.end(text)));
  const read = await scrape((await serve(coreMetrics)).url);
  expect([read.value('durable_turns_ours_total'), read.value('durable_turns_temporal_x', { a: 'b' })]).toEqual([7, 3]);
});

test("a worker serves its own metrics when Temporal's runtime fails or never answers", async () => {
  const answers = [
    'http://127.0.0.1:9/metrics',
    await core((server) => server.on('request', (_, response) => void response.writeHead(500).end('a_total 1'))),
    await core((server) => server),
  ];
  for (const coreMetrics of answers) {
    const read = await scrape((await serve(coreMetrics)).url);
    expect(read.value('durable_turns_ours_total')).toBe(7);
  }
});

test('the metrics server of a worker serves nothing else', async () => {
  const { url } = await serve(null);
  expect((await fetch(url.replace('/metrics', '/'))).status).toBe(404);
});

test('the metrics server of a worker listens as soon as another process frees its port', async () => {
  const first = await serve(null);
  const { port } = new URL(first.url);
  const metrics = createRegistry();
  const at = { host: '127.0.0.1', port: Number(port), coreMetrics: null };
  const second = serveWithRetry(() => serveMetrics(metrics, at, quiet), { log: quiet, setting: 'WORKER_METRICS_PORT' });
  opened.push(second);
  await first.close();
  expect((await second.serving)?.url).toBe(first.url);
});

test('a metrics server whose port is taken names the setting and the port in the log', async () => {
  const first = await serve(null);
  const { port } = new URL(first.url);
  const lines = new PassThrough();
  const log = pino({ level: 'warn' }, lines);
  const at = { host: '127.0.0.1', port: Number(port), coreMetrics: null };
  const second = serveWithRetry(() => serveMetrics(createRegistry(), at, log), { log, setting: 'METRICS_PORT' });
  opened.push(second);
  const [line] = await once(lines, 'data');
  expect(JSON.parse(line).msg).toBe(
    `METRICS_PORT: port ${port} is taken; no metrics are served until it can be listened on`,
  );
  await first.close();
  expect((await second.serving)?.url).toBe(first.url);
});

test('the metrics server of a worker stops waiting for its port when the worker ends', async () => {
  const { port } = new URL((await serve(null)).url);
  const at = { host: '127.0.0.1', port: Number(port), coreMetrics: null };
  const second = serveWithRetry(() => serveMetrics(createRegistry(), at, quiet), {
    log: quiet,
    setting: 'WORKER_METRICS_PORT',
  });
  await second.close();
  expect(await second.serving).toBeNull();
});
