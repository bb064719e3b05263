import type { IncomingMessage, Server } from 'node:http';
import type { Logger } from 'pino';
import { type WebSocket, WebSocketServer } from 'ws';
import { closeCodes } from '../../domain/log/frames.js';
import { closeSocket } from '../../viewers/core/closeSocket.js';
import { onUpgrade, refuseUpgrade } from '../../viewers/core/upgrades.js';
import { type Feeds, JoinRefused } from '../../viewers/gateway/feeds.js';
import { createSocketSink } from '../../viewers/sinks/socketSink.js';
import { isAccessToken } from '../auth/accessTokens.js';
import type { Caller } from '../auth/caller.js';
import { type Auth, bearerOf } from '../http/auth.js';
import { parseCursor } from '../http/cursor.js';
import { idForms } from '../http/ids.js';
import { Problem } from '../http/problem.js';
import { addressOf, type RateLimit } from '../limits/rateLimit.js';
import type { ViewerPlaces } from '../limits/viewerPlaces.js';
import { createClientFrames } from './clientFrames.js';

export type LiveSocketOptions = {
  feeds: Feeds;
  auth: Pick<Auth, 'authenticate' | 'follow' | 'originAllowed' | 'checkHost'>;
  log: Pick<Logger, 'info' | 'warn'>;
  /** Stops a turn of the chat. False when the owner's chat has no such turn. */
  cancelTurn(target: { chatId: string; turnId: string; owner: string }): Promise<boolean>;
  places: ViewerPlaces;
  wrongKeys: RateLimit;
  pingMs?: number;
};

/** Who opens a socket, or the code and the reason with which it is closed at once. */
type Entry = { caller: Caller } | { refusal: [code: number, reason: string] };

const reasons = { unauthorized: 'no such key', token_expired: 'the token has expired' } as const;

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
  let closed = false;

  const detach = onUpgrade(
    server,
    (pathname) => path.test(pathname),
    ({ request, socket, head, url }) => {
      if (!mayConnect(request)) return refuseUpgrade(socket, 403);
      const accept = (entry: Entry) => {
        if (closed) return refuseUpgrade(socket, 503);
        sockets.handleUpgrade(request, socket, head, (viewer) => onOpen(viewer, { entry, url }));
      };
      admit(request, url).then(accept, () => refuseUpgrade(socket, 429));
    },
  );

  /** A page cannot read the status of a refused upgrade, only a close code. Rejects after too many wrong keys. */
  async function admit(request: IncomingMessage, url: URL): Promise<Entry> {
    try {
      return { caller: await auth.authenticate(credentialOf(request, url)) };
    } catch (error) {
      const code = error instanceof Problem ? error.code : null;
      if (code === 'unauthorized') await options.wrongKeys(addressOf(request));
      if (code === 'unauthorized' || code === 'token_expired')
        return { refusal: [closeCodes.unauthorized, reasons[code]] };
      return { refusal: [closeCodes.tooSlow, 'try again later'] };
    }
  }

  function mayConnect(request: IncomingMessage): boolean {
    try {
      auth.checkHost(request.headers);
    } catch {
      return false; // the error names the foreign host; an upgrade is refused with a status alone
    }
    return auth.originAllowed(request.headers);
  }

  function onOpen(socket: WebSocket, { entry, url }: { entry: Entry; url: URL }) {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', (error) => log.info({ err: error }, "a viewer's connection failed"));
    socket.on('ping', (data) => {
      if (socket.readyState === socket.OPEN && socket.bufferedAmount <= maxUnreadBytes) socket.pong(data);
    });
    if ('refusal' in entry) return socket.close(...entry.refusal);
    const { caller } = entry;
    const chatId = chatIdOf(url);
    if (chatId === null || !(caller.rights?.chatIds?.includes(chatId) ?? true))
      return socket.close(closeCodes.chatNotFound, 'no such chat');
    const after = parseCursor(url.searchParams.get('after'));
    if (after === null) return socket.close(closeCodes.badCursor, 'after is not a seq');
    const release = options.places.take(caller.owner);
    if (!release) return socket.close(closeCodes.tooSlow, 'too many connections');
    socket.on('close', release);
    pings.add(socket);
    void join(socket, { chatId, caller, after });
  }

  async function join(socket: WebSocket, viewer: { chatId: string; caller: Caller; after: number }) {
    const { chatId, after, caller } = viewer;
    const { owner } = caller;
    const sink = createSocketSink(socket);
    socket.on(
      'close',
      auth.follow(caller, (why) => sink.close(closeCodes.unauthorized, reasons[why])),
    );
    const frames = createClientFrames({ sink, log });
    const joined = options.feeds.join(chatId, { owner, after, sink });
    const mayWrite = caller.rights?.scope !== 'read';
    const cancel = mayWrite ? (turnId: string) => options.cancelTurn({ chatId, turnId, owner }) : null;
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
      closed = true;
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

/**
 * A browser can't set headers of a WebSocket, so that the key may come as a subprotocol: `bearer.KEY`. Tokens of
 * `POST /v1/tokens` may come in the URL too.
 */
function credentialOf(request: IncomingMessage, url: URL): string | undefined {
  const bearer = bearerOf(request.headers);
  if (bearer !== undefined) return bearer;
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
  const named = offered.find((name) => name.startsWith('bearer.'))?.slice('bearer.'.length);
  const token = url.searchParams.get('token') ?? '';
  return named ?? (isAccessToken(token) ? token : undefined);
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
