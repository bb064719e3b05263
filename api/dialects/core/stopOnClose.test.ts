import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import express, { type Response } from 'express';
import { breakResponse } from '../../http/breakResponse.js';
import { onClientClose } from './stopOnClose.js';

let server: Server;
afterEach(() => {
  server.close();
  server.closeAllConnections();
});

type Connection = { response: Response; closes: Promise<unknown>; client: Socket };

async function request(): Promise<Connection> {
  const app = express();
  const arrived = new Promise<Response>((resolve) => app.get('/', (_request, response) => resolve(response)));
  server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.on('error', () => undefined);
  client.resume();
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  const response = await arrived;
  response.write('begun');
  return { response, client, closes: once(response, 'close') };
}

function watch(response: Response, closing = new AbortController()) {
  const seen = { closed: 0 };
  onClientClose(response, closing.signal, () => {
    seen.closed += 1;
  });
  return seen;
}

test('a client that closes the connection before the end of the response is noticed', async () => {
  const { response, client, closes } = await request();
  const seen = watch(response);
  client.destroy();
  await closes;
  expect(seen.closed).toBe(1);
});

test('a client that closed the connection before it was watched is noticed', async () => {
  const { response, client, closes } = await request();
  client.destroy();
  await closes;
  expect(watch(response).closed).toBe(1);
});

test('a connection that the server breaks does not count as closed by its client', async () => {
  const { response, closes } = await request();
  const seen = watch(response);
  breakResponse(response);
  await closes;
  expect([seen.closed, watch(response).closed]).toEqual([0, 0]);
});

test('a connection that closes while the server stops does not count as closed by its client', async () => {
  const { response, client, closes } = await request();
  const closing = new AbortController();
  const seen = watch(response, closing);
  closing.abort();
  client.destroy();
  await closes;
  expect(seen.closed).toBe(0);
});

test('a response that reached its end does not count as closed by its client', async () => {
  const { response, closes } = await request();
  const seen = watch(response);
  response.end();
  await closes;
  expect(seen.closed).toBe(0);
});
