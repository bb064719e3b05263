import { createHmac, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export const secret = 'a secret that only the receiver knows';

/** A request that the receiver got. Its signature was right, or `signed` is false. */
export type Received = {
  id: string;
  attempt: number;
  body: {
    id: string;
    kind: string;
    chatId: string;
    event: { seq: number; kind: string; data: unknown };
    note?: string;
  };
  signed: boolean;
  status: number;
};

export type Receiver = {
  url: string;
  received: Received[];
  /** Answers the next requests with these statuses, then 204 again. */
  script(...statuses: number[]): void;
  /** The first request that suits, whenever it comes. */
  next(suits: (request: Received) => boolean, withinMs?: number): Promise<Received>;
  close(): Promise<void>;
};

/** A receiver of webhooks, which checks each signature by the bytes that it got, as docs/webhooks.md tells receivers to. */
export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  const statuses: number[] = [];
  const waiting = new Set<() => void>();
  const server = createServer(async (request, response) => {
    const body = await readAll(request);
    const status = statuses.shift() ?? 204;
    received.push({
      id: String(request.headers['x-webhook-id']),
      attempt: Number(request.headers['x-webhook-attempt']),
      body: JSON.parse(body.toString('utf8')),
      signed: isSigned(String(request.headers['x-signature']), body),
      status,
    });
    response.writeHead(status, status === 302 ? { location: '/elsewhere' } : {}).end();
    for (const look of waiting) look();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    script: (...next) => void statuses.push(...next),
    next(suits, withinMs = 30_000) {
      return new Promise((resolve, reject) => {
        const settle = (act: () => void) => {
          clearTimeout(timer);
          waiting.delete(look);
          act();
        };
        const look = () => {
          const found = received.find(suits);
          if (found) settle(() => resolve(found));
        };
        const late = () =>
          settle(() => reject(new Error(`not within ${withinMs} ms; got ${JSON.stringify(received)}`)));
        const timer = setTimeout(late, withinMs);
        waiting.add(look);
        look();
      });
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A receiver that takes requests and answers none of them. `most` is the most that were open at once. */
export type SilentReceiver = { url: string; requests(): number; most(): number; close(): Promise<void> };

export async function startSilentReceiver(): Promise<SilentReceiver> {
  let [requests, open, most] = [0, 0, 0];
  const server = createServer((request, response) => {
    requests += 1;
    open += 1;
    most = Math.max(most, open);
    request.resume();
    response.once('close', () => {
      open -= 1;
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    requests: () => requests,
    most: () => most,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

/** Whether the signature is of this body, and at most five minutes old. */
function isSigned(signature: string, body: Buffer): boolean {
  const [, t = '', v1 = ''] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(signature) ?? [];
  if (Math.abs(Date.now() / 1_000 - Number(t)) > 300) return false;
  const expected = createHmac('sha256', secret).update(`${t}.`).update(body).digest();
  return timingSafeEqual(expected, Buffer.from(v1, 'hex'));
}
