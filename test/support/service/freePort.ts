import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the ports that the system gives to outgoing connections, which could take it before it is used. */
const [first, beyond] = [12_000, 32_000];
const mostTries = 50;

/** A port of 127.0.0.1 that is free at this moment. At random, so that tests side by side take different ones. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < mostTries; tries++) {
    const port = randomInt(first, beyond);
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port on 127.0.0.1 from ${first} to ${beyond}`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
