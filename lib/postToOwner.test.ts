import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { postToOwner } from './postToOwner.js';
import { AddressRefused, type AddressRules } from './providerAddress.js';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function start(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
}

const loopback: AddressRules = { allowed: [], loopback: true };
const post = (url: string, { addresses = loopback, withinMs = 5_000 } = {}) =>
  postToOwner(
    { url, body: '{"a":1}', headers: { 'x-id': '7' }, addresses, signal: new AbortController().signal },
    withinMs,
  );

describe('a post to a URL that an owner has named', () => {
  test('sends the body and the headers, and gives the status of the answer', async () => {
    const got: unknown[] = [];
    const url = await start(async (request, response) => {
      for await (const piece of request) got.push(request.method, request.headers['x-id'], String(piece));
      response.writeHead(418).end('whatever');
    });
    expect(await post(url)).toBe(418);
    expect(got).toEqual(['POST', '7', '{"a":1}']);
  });

  test('does not follow a redirect', async () => {
    let requests = 0;
    const url = await start((_request, response) => {
      requests += 1;
      response.writeHead(307, { location: '/hook' }).end();
    });
    expect(await post(url)).toBe(307);
    expect(requests).toBe(1);
  });

  /** How many requests arrive when private addresses are not allowed. */
  async function refusedBy(host: string): Promise<number> {
    let requests = 0;
    const url = await start((_request, response) => {
      requests += 1;
      response.end();
    });
    const addresses = { allowed: [], loopback: false };
    const outcome = await post(url.replace('127.0.0.1', host), { addresses }).catch((error: unknown) => error);
    expect(outcome).toBeInstanceOf(AddressRefused);
    return requests;
  }

  test('sends nothing to an address that is not allowed', async () => {
    expect(await refusedBy('127.0.0.1')).toBe(0);
  });

  test('sends nothing to a name that is not allowed', async () => {
    expect(await refusedBy('localhost')).toBe(0);
  });

  test('reads only a part of an answer that never ends', async () => {
    const url = await start((_request, response) => {
      response.writeHead(200);
      const push = () => {
        if (response.destroyed) return;
        if (response.write('x'.repeat(64 * 1024))) setImmediate(push);
        else response.once('drain', push);
      };
      push();
    });
    expect(await post(url)).toBe(200);
  });

  test('gives the status of an answer whose body stays open, or breaks off', async () => {
    const open = await start((_request, response) => void response.writeHead(200).write('wait'));
    expect(await post(open)).toBe(200);
    const silent = await start((_request, response) => response.writeHead(410, { 'content-length': 9 }).flushHeaders());
    expect(await post(silent)).toBe(410);
    const broken = await start((_request, response) => {
      response.writeHead(201, { 'content-length': 9 }).write('half', () => response.destroy());
    });
    expect(await post(broken)).toBe(201);
  });

  test('fails when there is no answer in time', async () => {
    const url = await start(() => undefined);
    await expect(post(url, { withinMs: 100 })).rejects.toMatchObject({ name: 'TimeoutError' });
  });
});
