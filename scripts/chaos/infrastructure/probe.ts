import { connect } from 'node:net';
import type { LinkName } from './proxies.js';

const http = (path: string) => Buffer.from(`GET ${path} HTTP/1.1\r\nHost: chaos\r\nConnection: close\r\n\r\n`);

const settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
const ping = [0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8];
/** The beginning of the answer to the ping. An HTTP/2 server sends other frames before it. */
const pong = Buffer.from([0, 0, 8, 6, 1]);

/** The shortest request that each server answers: HTTP, an SSLRequest of Postgres, an HTTP/2 ping. */
const probes: Record<LinkName, Buffer> = {
  api: http('/healthz'),
  gateway: http('/healthz'),
  provider: http('/v1/models'),
  upstream: http('/base/health'),
  postgres: Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]),
  temporal: Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), Buffer.from([...settings, ...ping])]),
};

const isAnswer = (link: LinkName, received: Buffer) =>
  link === 'temporal' ? received.includes(pong) : received.length > 0;

/** Milliseconds until the answer to a probe; null for none within `withinMs`. */
export function probe(link: LinkName, port: number, withinMs: number): Promise<number | null> {
  return new Promise((resolve) => {
    const startedAt = Date.now();
    const socket = connect(port, '127.0.0.1', () => socket.write(probes[link]));
    const settle = (ms: number | null) => {
      clearTimeout(late);
      socket.destroy();
      resolve(ms);
    };
    const late = setTimeout(() => settle(null), withinMs);
    let received = Buffer.alloc(0);
    socket.on('data', (bytes) => {
      received = Buffer.concat([received, bytes]);
      if (isAnswer(link, received)) settle(Date.now() - startedAt);
    });
    socket.once('error', () => settle(null));
    socket.once('close', () => settle(null));
  });
}
