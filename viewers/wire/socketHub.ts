import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import type { Logger } from 'pino';
import { type WebSocket, WebSocketServer } from 'ws';
import { closeSocket } from '../core/closeSocket.js';
import { createListeners } from '../core/listeners.js';
import { onUpgrade, refuseUpgrade } from '../core/upgrades.js';
import { wirePath } from './socketWire.js';
import {
  maxMessageBytes,
  type WireHeartbeat,
  type WireHub,
  type WireMeta,
  type WireStep,
  type WireToken,
} from './wire.js';
import { decodeItems, encodeStop } from './wireMessage.js';

export type SocketHubOptions = {
  server: Server;
  /** What workers have to send. Without one no worker is let in: any program of this machine could be one. */
  token: string | undefined;
  log: Pick<Logger, 'info' | 'warn'>;
};

/** The gateway's end over WebSockets that workers dial, on the api's own server. */
export function createSocketHub({ server, token, log }: SocketHubOptions): WireHub {
  const failed = (error: unknown) => log.warn({ err: error }, 'a listener of the wire failed');
  const tokens = createListeners<WireToken, [readAt: number | null]>(failed);
  const steps = createListeners<WireStep>(failed);
  const metas = createListeners<WireMeta>(failed);
  const heartbeats = createListeners<WireHeartbeat>(failed);
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
      // Workers send no Origin: whoever does is a web page.
      if (request.headers.origin !== undefined) return refuseUpgrade(socket, 403);
      if (!mayDial(request, token)) return refuseUpgrade(socket, 401);
      sockets.handleUpgrade(request, socket, head, welcome);
    },
  );

  function welcome(worker: WebSocket) {
    workers.add(worker);
    log.info({ workers: workers.size }, 'a worker connected');
    worker.on('message', (data) => {
      const { items, readAt } = decodeItems(data.toString());
      for (const item of items) {
        if (item.type === 'token') tokens.tell(item, readAt);
        else if (item.type === 'step') steps.tell(item);
        else if (item.type === 'meta') metas.tell(item);
        else heartbeats.tell(item);
      }
    });
    worker.on('error', (error) => log.warn({ err: error }, "a worker's connection failed"));
    worker.on('close', () => {
      workers.delete(worker);
      log.info({ workers: workers.size }, 'a worker left');
    });
  }

  return {
    onToken: tokens.add,
    onStep: steps.add,
    onMeta: metas.add,
    onHeartbeat: heartbeats.add,
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

function mayDial(request: IncomingMessage, token: string | undefined): boolean {
  if (token === undefined) return false;
  return timingSafeEqual(digest(request.headers.authorization ?? ''), digest(`Bearer ${token}`));
}

const digest = (text: string) => createHash('sha256').update(text).digest();
