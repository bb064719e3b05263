import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { pino } from 'pino';
import { limitUnreadResponses, sendBody, type UnreadLimits } from '../../../api/limits/unreadResponses.js';

jest.setTimeout(20_000);

const quick: UnreadLimits = {
  stalledMs: 400,
  totalBytes: 1024 * 1024 * 1024,
  crowdedMs: 100,
  pipelined: 8,
  sweepMs: 20,
};
const much = Buffer.alloc(32 * 1024 * 1024, 'x');
const head = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

let server: Server;
const clients: Socket[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.destroy();
  server.close();
  server.closeAllConnections();
});

async function serve(limits: Partial<UnreadLimits>, answer: RequestListener): Promise<void> {
  server = createServer();
  limitUnreadResponses(server, answer, pino({ level: 'silent' }), { ...quick, ...limits });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
}

async function client(requests = 1): Promise<Socket> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  clients.push(socket);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.pause();
  socket.write(head.repeat(requests));
  return socket;
}

/** Resolves when the server has let go of a connection: its client may not notice while it reads nothing. */
const connectionsLeft = (count: number) =>
  new Promise<void>((resolve) => {
    const look = () => server.getConnections((_error, open) => (open === count ? resolve() : setTimeout(look, 20)));
    look();
  });

const json: RequestListener = (_request, response) => {
  response.setHeader('Content-Length', much.length);
  sendBody(response, much);
};

describe('a client that reads nothing', () => {
  test.each<[string, RequestListener]>([
    ['a body that was written at once', (_request, response) => void response.end(much)],
    [
      'a stream that goes on',
      (_request, response) => {
        const timer = setInterval(() => response.write(much.subarray(0, 1024 * 1024)), 10);
        response.once('close', () => clearInterval(timer));
      },
    ],
  ])('is cut off from %s, and the buffered data is freed', async (_what, answer) => {
    await serve({}, answer);
    await client();
    await connectionsLeft(1);
    await connectionsLeft(0);
  });

  test('is cut off when it has read nothing for the allowed time', async () => {
    await serve({}, json);
    await client();
    await connectionsLeft(1);
    await connectionsLeft(0);
  });

  test('is cut off at once when all connections leave too much unread, while others stay', async () => {
    await serve({ stalledMs: 60_000, totalBytes: 40 * 1024 * 1024 }, json);
    await Promise.all([client(), client()]);
    await connectionsLeft(2);
    await connectionsLeft(1);
    await pause(300);
    await connectionsLeft(1);
  });
});

test('a client that pipelines requests without end is cut off', async () => {
  let answered = 0;
  await serve({}, () => {
    answered += 1;
  });
  const socket = await client(500);
  socket.resume();
  await once(socket, 'close');
  expect(answered).toBe(quick.pipelined);
});

test('a client that reads slowly gets a whole body, however long that takes', async () => {
  await serve({}, (_request, response) => {
    const body = much.subarray(0, 8 * 1024 * 1024);
    response.setHeader('Content-Length', body.length);
    sendBody(response, body);
  });
  const socket = await client();
  let read = 0;
  const begun = performance.now();
  while (read < 8 * 1024 * 1024) {
    const piece: Buffer | null = socket.read();
    read += piece?.length ?? 0;
    await pause(10);
    expect(socket.destroyed).toBe(false);
  }
  expect(performance.now() - begun).toBeGreaterThan(quick.stalledMs);
});

test('a connection that waits for its answer is not cut off, however long', async () => {
  await serve({ stalledMs: 50 }, (_request, response) => void setTimeout(() => response.end('late'), 500));
  const socket = await client();
  socket.resume();
  const [answer] = (await once(socket, 'data')) as [Buffer];
  expect(answer.toString()).toContain('late');
});
