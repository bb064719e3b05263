import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { type Balancer, startBalancer } from '../../../scripts/production/balancer.js';

const open: (Server | Balancer)[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

async function listen(name: string): Promise<number> {
  const server = createHttpServer((_, response) => void response.setHeader('connection', 'close').end(name));
  open.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

const answers = async ({ url }: Balancer, count: number) => {
  const names: string[] = [];
  for (let n = 0; n < count; n++) names.push(await (await fetch(url, { headers: { connection: 'close' } })).text());
  return names;
};

test('the balancer of the production check gives its servers connections in turn', async () => {
  const balancer = await startBalancer([await listen('one'), await listen('two')]);
  open.push(balancer);
  expect(await answers(balancer, 4)).toEqual(['one', 'two', 'one', 'two']);
});

test('the balancer of the production check passes over a server that accepts no connection', async () => {
  const balancer = await startBalancer([await closedPort(), await listen('two')]);
  open.push(balancer);
  expect(await answers(balancer, 3)).toEqual(['two', 'two', 'two']);
});
