import { connect } from 'node:net';
import type { WayName } from './proxies.js';

const http = (path: string) => Buffer.from(`GET ${path} HTTP/1.1\r\nHost: chaos\r\nConnection: close\r\n\r\n`);

const settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
const ping = [0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8];
/** An HTTP/2 server says something before it was asked; this is the beginning of its answer to the ping. */
const pong = Buffer.from([0, 0, 8, 6, 1]);

/** The shortest thing to say to which the end of a way answers: HTTP, Postgres' SSLRequest, HTTP/2's ping. */
const questions: Record<WayName, Buffer> = {
  api: http('/healthz'),
  gateway: http('/healthz'),
  provider: http('/v1/models'),
  upstream: http('/base/health'),
  postgres: Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]),
  temporal: Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), Buffer.from([...settings, ...ping])]),
};

const isAnswer = (way: WayName, heard: Buffer) => (way === 'temporal' ? heard.includes(pong) : heard.length > 0);

/** Milliseconds until an answer; null where none comes. */
export function askThrough(way: WayName, port: number, withinMs: number): Promise<number | null> {
  return new Promise((resolve) => {
    const startedAt = Date.now();
    const socket = connect(port, '127.0.0.1', () => socket.write(questions[way]));
    const settle = (ms: number | null) => {
      clearTimeout(late);
      socket.destroy();
      resolve(ms);
    };
    const late = setTimeout(() => settle(null), withinMs);
    let heard = Buffer.alloc(0);
    socket.on('data', (bytes) => {
      heard = Buffer.concat([heard, bytes]);
      if (isAnswer(way, heard)) settle(Date.now() - startedAt);
    });
    socket.once('error', () => settle(null));
    socket.once('close', () => settle(null));
  });
}
