import type { IncomingMessage, Server } from 'node:http';
import type { Logger } from 'pino';
import { type WebSocket, WebSocketServer } from 'ws';
import { closeCodes } from '../../domain/log/frames.js';
import { closeSocket } from '../../viewers/core/closeSocket.js';
import { onUpgrade, refuseUpgrade } from '../../viewers/core/upgrades.js';
import { type Feeds, JoinRefused } from '../../viewers/gateway/feeds.js';
import { createSocketSink } from '../../viewers/sinks/socketSink.js';
import type { Auth } from '../http/auth.js';
import { parseCursor } from '../http/cursor.js';
import { idForms } from '../http/ids.js';
import { addressOf, type RateLimit } from '../limits/rateLimit.js';
import type { ViewerPlaces } from '../limits/viewerPlaces.js';
import { createClientFrames } from './clientFrames.js';

export type LiveSocketOptions = {
  feeds: Feeds;
  auth: Pick<Auth, 'ownerOfKey' | 'originAllowed' | 'checkHost'>;
  log: Pick<Logger, 'info' | 'warn'>;
  /** Stops a turn of the chat. False when the owner's chat has no such turn. */
  cancelTurn(target: { chatId: string; turnId: string; owner: string }): Promise<boolean>;
  places: ViewerPlaces;
  wrongKeys: RateLimit;
  pingMs?: number;
};

const protocol = 'durable-turns.v1';
const path = /^\/v1\/chats\/([^/]+)\/live$/;
const maxClientFrameBytes = 16 * 1024;
/** A ping is not answered while the client leaves more than this unread: the pongs would fill the memory. */
const maxUnreadBytes = 64 * 1024;

/** Milliseconds for a viewer to answer the close frame, before its connection is cut. */
const closeTimeoutMs = 1_000;

export type LiveSocket = {
  /** Accepts no more viewers. Resolves when all sockets are closed. Call it after the feeds have closed them. */
  close(): Promise<void>;
};

/** Serves `GET /v1/chats/:id/live` on the api's own server. */
export function attachLiveSocket(server: Server, options: LiveSocketOptions): LiveSocket {
  const { auth, log } = options;
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: maxClientFrameBytes,
    autoPong: false,
    // API keys are offered as protocols too. A key must never be selected, since the answer would echo it.
    handleProtocols: (offered) => (offered.has(protocol) ? protocol : false),
  });
  const pings = createPingLoop(options.pingMs ?? 15_000);
  const open = new Set<WebSocket>();

  const detach = onUpgrade(
    server,
    (pathname) => path.test(pathname),
    ({ request, socket, head, url }) => {
      if (!mayConnect(request)) return refuseUpgrade(socket, 403);
      const accept = () => sockets.handleUpgrade(request, socket, head, (viewer) => onOpen(viewer, { owner, url }));
      const owner = auth.ownerOfKey(keyOf(request));
      if (owner !== null) return accept();
      // A page cannot read the status of a refused upgrade, only a close code: a wrong key is accepted, then closed.
      options.wrongKeys(addressOf(request)).then(accept, () => refuseUpgrade(socket, 429));
    },
  );

  function mayConnect(request: IncomingMessage): boolean {
    try {
      auth.checkHost(request.headers);
    } catch {
      return false; // the error names the foreign host; an upgrade is refused with a status alone
    }
    return auth.originAllowed(request.headers);
  }

  function onOpen(socket: WebSocket, { owner, url }: { owner: string | null; url: URL }) {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', (error) => log.info({ err: error }, "a viewer's connection failed"));
    socket.on('ping', (data) => {
      if (socket.readyState === socket.OPEN && socket.bufferedAmount <= maxUnreadBytes) socket.pong(data);
    });
    if (owner === null) return socket.close(closeCodes.unauthorized, 'no such key');
    const chatId = chatIdOf(url);
    if (chatId === null) return socket.close(closeCodes.chatNotFound, 'no such chat');
    const after = parseCursor(url.searchParams.get('after'));
    if (after === null) return socket.close(closeCodes.badCursor, 'after is not a seq');
    const release = options.places.take(owner);
    if (!release) return socket.close(closeCodes.tooSlow, 'too many connections');
    socket.on('close', release);
    pings.add(socket);
    void join(socket, { chatId, owner, after });
  }

  async function join(socket: WebSocket, viewer: { chatId: string; owner: string; after: number }) {
    const sink = createSocketSink(socket);
    const frames = createClientFrames({ sink, log });
    const joined = options.feeds.join(viewer.chatId, { owner: viewer.owner, after: viewer.after, sink });
    const cancel = (turnId: string) => options.cancelTurn({ chatId: viewer.chatId, turnId, owner: viewer.owner });
    socket.on('message', (data, isBinary) => {
      const text = isBinary ? null : data.toString();
      joined.then(() => frames.handle(text, cancel)).catch(() => {}); // frames of a refused viewer are ignored
    });
    try {
      await joined;
    } catch (error) {
      if (!(error instanceof JoinRefused)) log.warn({ err: error }, 'could not let a viewer join');
      const [code, reason] = refusalOf(error);
      sink.close(code, reason);
    }
  }

  return {
    async close() {
      detach();
      pings.stop();
      await Promise.all([...open].map((socket) => closeSocket(socket, closeCodes.restarting, closeTimeoutMs)));
    },
  };
}

function refusalOf(error: unknown): [number, string] {
  if (!(error instanceof JoinRefused)) return [closeCodes.tooSlow, 'try again later'];
  switch (error.code) {
    case 'bad_cursor':
      return [closeCodes.badCursor, 'after is beyond the newest seq'];
    case 'chat_not_found':
      return [closeCodes.chatNotFound, 'no such chat'];
    case 'restarting':
      return [closeCodes.restarting, 'the api restarts'];
    case 'unavailable':
      return [closeCodes.tooSlow, 'try again later'];
  }
}

/** A browser can't set headers of a WebSocket, so that the key may come as a subprotocol: `bearer.KEY`. */
function keyOf(request: IncomingMessage): string | undefined {
  const bearer = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1];
  if (bearer) return bearer;
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
  return offered.find((name) => name.startsWith('bearer.'))?.slice('bearer.'.length);
}

/** Null for what can't be the id of a chat. Ids contain nothing that needs escapes. */
function chatIdOf(url: URL): string | null {
  const id = path.exec(url.pathname)?.[1] ?? '';
  return idForms.chat.test(id) ? id : null;
}

/** Pings all sockets, and closes those that have not answered two pings in a row. */
function createPingLoop(everyMs: number) {
  const missed = new Map<WebSocket, number>();
  const timer = setInterval(() => {
    for (const [socket, count] of missed) {
      if (count >= 2) {
        missed.delete(socket);
        socket.close(closeCodes.tooSlow, 'no answer to pings');
      } else if (socket.readyState === socket.OPEN) {
        missed.set(socket, count + 1);
        socket.ping();
      }
    }
  }, everyMs);
  return {
    add(socket: WebSocket) {
      missed.set(socket, 0);
      socket.on('pong', () => missed.has(socket) && missed.set(socket, 0));
      socket.on('close', () => missed.delete(socket));
    },
    stop: () => clearInterval(timer),
  };
}
