import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import express from 'express';
import { createAuth } from './auth.js';
import { originGuard } from './guards.js';

test('a page of an allowed origin may read the headers that its client needs', async () => {
  const origin = 'https://page.example';
  const app = express();
  app.use(originGuard(createAuth({ apiKeys: undefined, allowedOrigins: [origin] }), [origin]));
  app.get('/', (_request, response) => void response.end());
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const answer = await fetch(`http://127.0.0.1:${port}/`, { headers: { origin } });
  server.close();
  const exposed = (answer.headers.get('access-control-expose-headers') ?? '').toLowerCase().split(',');
  const needed = ['x-chat-id', 'x-turn-id', 'x-workflow-run-id', 'x-should-retry', 'retry-after', 'location', 'etag'];
  for (const name of needed) expect(exposed).toContain(name);
});
