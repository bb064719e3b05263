import type { Logger } from 'pino';
import { WebSocket } from 'ws';
import { backoffMs } from '../../lib/backoff.js';
import { closeSocket } from '../core/closeSocket.js';
import { createListeners } from '../core/listeners.js';
import { createTickBatch, sendBy } from './tickBatch.js';
import { maxUnsentBytes, type Wire } from './wire.js';
import { decodeStop } from './wireMessage.js';

export type SocketWireOptions = {
  /** The api's address, as in `http://127.0.0.1:3000`. */
  gatewayUrl: string;
  token?: string | undefined;
  log: Pick<Logger, 'info' | 'warn'>;
  /** Milliseconds between pings. The connection is replaced when a ping was not answered before the next. */
  pingMs?: number;
};

export const wirePath = '/internal/wire';

/** The worker's end over a WebSocket that it dials. It reconnects with exponential backoff and jitter. */
export function createSocketWire({ gatewayUrl, token, log, pingMs = 5_000 }: SocketWireOptions): Wire {
  const url = new URL(wirePath, gatewayUrl.replace(/^http/, 'ws'));
  const stops = createListeners<[turnId: string]>((error) => log.warn({ err: error }, 'a listener for stops failed'));
  const batch = createTickBatch((message) => {
    if (socket.readyState === WebSocket.OPEN && socket.bufferedAmount <= maxUnsentBytes) socket.send(message);
  });
  let closed = false;
  let tries = 0;
  let reconnect: NodeJS.Timeout | undefined;
  let socket = dial();

  function dial(): WebSocket {
    const next = new WebSocket(url, {
      perMessageDeflate: false,
      handshakeTimeout: 2_000,
      maxPayload: 64 * 1024,
      headers: token ? { authorization: `Bearer ${token}` } : {},
    });
    terminateWhenSilent(next, pingMs);
    next.on('open', () => {
      tries = 0;
      log.info({ gateway: url.host }, 'connected to the gateway');
    });
    next.on('message', (data) => {
      const turnId = decodeStop(data.toString());
      if (turnId !== null) stops.notify(turnId);
    });
    // A 'close' follows every error, and reconnects.
    next.on('error', (error) => {
      if (tries === 0) log.warn({ gateway: url.host, err: error }, 'could not reach the gateway; retrying');
    });
    next.on('close', () => {
      if (closed) return;
      reconnect = setTimeout(() => {
        socket = dial();
      }, backoffMs(tries));
      tries += 1;
    });
    return next;
  }

  return {
    ...sendBy(batch),
    onStop: stops.add,
    async close() {
      closed = true;
      clearTimeout(reconnect);
      batch.flush();
      await closeSocket(socket, 1000);
    },
  };
}

/** Pings a socket, and terminates it when a ping was not answered before the next one is due. */
function terminateWhenSilent(socket: WebSocket, pingMs: number): void {
  let answered = true;
  const pings = setInterval(() => {
    if (socket.readyState !== WebSocket.OPEN) return;
    if (!answered) return socket.terminate();
    answered = false;
    socket.ping();
  }, pingMs);
  socket.on('pong', () => {
    answered = true;
  });
  socket.on('close', () => clearInterval(pings));
}
