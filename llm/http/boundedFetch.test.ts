import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from '@jest/globals';
import { createBoundedFetch } from './boundedFetch.js';

let server: Server;
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

/** A server whose refusal never ends. Gives its address, and how many bytes it has sent. */
async function startEndless(piece: Buffer, headers: Record<string, string>) {
  let sent = 0;
  server = createServer((_request, response) => {
    response.writeHead(400, { 'content-type': 'application/json', ...headers });
    const push = () => {
      if (response.destroyed) return;
      sent += piece.length;
      if (response.write(piece)) setImmediate(push);
      else response.once('drain', push);
    };
    push();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, sent: () => sent };
}

describe("the body of a provider's refusal", () => {
  const plain = Buffer.alloc(256 * 1024, 'x');
  test.each<[string, Buffer, Record<string, string>]>([
    ['that never ends', plain, {}],
    [
      'that never ends and is compressed',
      gzipSync(Buffer.alloc(64 * 1024 * 1024, 'x')),
      { 'content-encoding': 'gzip' },
    ],
  ])('%s is read up to 64 KiB, and its connection is closed', async (_, piece, headers) => {
    const endless = await startEndless(piece, headers);
    const response = await createBoundedFetch()(endless.url);
    expect(response.status).toBe(400);
    expect((await response.arrayBuffer()).byteLength).toBe(64 * 1024);
    const connections = () => new Promise<number>((resolve) => server.getConnections((_error, open) => resolve(open)));
    while ((await connections()) > 0) await new Promise((resolve) => setImmediate(resolve));
    // What the network has buffered, and not the hundreds of MiB that the server would go on to send.
    expect(endless.sent()).toBeLessThan(64 * 1024 * 1024);
  });
});
