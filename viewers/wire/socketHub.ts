import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import type { Logger } from 'pino';
import { type WebSocket, WebSocketServer } from 'ws';
import { closeSocket } from '../core/closeSocket.js';
import { createListeners } from '../core/listeners.js';
import { onUpgrade, refuseUpgrade } from '../core/upgrades.js';
import { wirePath } from './socketWire.js';
import { type ItemListener, maxMessageBytes, type WireHub } from './wire.js';
import { decodeItems, encodeStop } from './wireMessage.js';

export type SocketHubOptions = {
  server: Server;
  /** The bearer token that workers send. Without one no worker is accepted: any program of the machine could dial. */
  token: string | undefined;
  log: Pick<Logger, 'info' | 'warn'>;
};

/** The gateway's end over WebSockets that workers dial, on the api's own server. */
export function createSocketHub({ server, token, log }: SocketHubOptions): WireHub {
  const items = createListeners<Parameters<ItemListener>>((error) =>
    log.warn({ err: error }, 'a listener of the wire failed'),
  );
  const workers = new Set<WebSocket>();
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: maxMessageBytes,
  });

  const detach = onUpgrade(
    server,
    (pathname) => pathname === wirePath,
    ({ request, socket, head }) => {
      // Workers send no Origin. A web page does.
      if (request.headers.origin !== undefined) return refuseUpgrade(socket, 403);
      if (!isAuthorized(request, token)) return refuseUpgrade(socket, 401);
      sockets.handleUpgrade(request, socket, head, accept);
    },
  );

  function accept(worker: WebSocket) {
    workers.add(worker);
    log.info({ workers: workers.size }, 'a worker connected');
    worker.on('message', (data) => {
      const decoded = decodeItems(data.toString());
      for (const item of decoded.items) items.notify(item, decoded.readAt);
    });
    worker.on('error', (error) => log.warn({ err: error }, "a worker's connection failed"));
    worker.on('close', () => {
      workers.delete(worker);
      log.info({ workers: workers.size }, 'a worker disconnected');
    });
  }

  return {
    onItem: items.add,
    stop(turnId) {
      const message = encodeStop(turnId);
      for (const worker of workers) if (worker.readyState === worker.OPEN) worker.send(message);
    },
    connectedWorkers: () => workers.size,
    async close() {
      detach();
      await Promise.all([...workers].map((worker) => closeSocket(worker, 1001)));
    },
  };
}

function isAuthorized(request: IncomingMessage, token: string | undefined): boolean {
  if (token === undefined) return false;
  return timingSafeEqual(digest(request.headers.authorization ?? ''), digest(`Bearer ${token}`));
}

const digest = (text: string) => createHash('sha256').update(text).digest();
