import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Log } from '../../telemetry/log/log.js';
import { noteBroken } from '../http/breakResponse.js';

/** When a connection is closed because its client does not read. Bytes and milliseconds. */
export type UnreadLimits = {
  /** The client has read nothing of a response for this time. */
  stalledMs: number;
  /** Above this total of unread bytes, the largest connections that have read nothing for `crowdedMs` are closed. */
  totalBytes: number;
  crowdedMs: number;
  /** The number of pipelined requests on one connection. */
  pipelined: number;
  sweepMs: number;
};

const usualLimits: UnreadLimits = {
  stalledMs: 30_000,
  totalBytes: 128 * 1024 * 1024,
  crowdedMs: 1_000,
  pipelined: 64,
  sweepMs: 1_000,
};

/** The size of the pieces in which a body is sent, so that the client's progress can be observed. */
const pieceBytes = 64 * 1024;

/**
 * Bytes of a response that `sendBody` has not passed on to the network yet. A WeakMap attaches them to the response, the
 * only thing that the sender and the sweep of the server have in common; the entry goes with the response.
 */
const unsent = new WeakMap<ServerResponse, number>();

/** Ends a response with a body, in pieces at the pace of the client. The headers must be set. */
export function sendBody(response: ServerResponse, body: Buffer): void {
  if (body.length <= pieceBytes) return void response.end(body);
  unsent.set(response, body.length);
  // It fails only with the connection.
  pipeline(Readable.from(pieces(response, body), { objectMode: false, highWaterMark: 1 }), response).catch(() => {});
}

function* pieces(response: ServerResponse, body: Buffer): Generator<Buffer> {
  for (let at = 0; at < body.length; at += pieceBytes) {
    unsent.set(response, body.length - at);
    yield body.subarray(at, at + pieceBytes);
  }
  unsent.delete(response);
}

type Connection = { responses: Set<ServerResponse>; taken: number; since: number };

/**
 * Passes a server's requests to a handler, and closes the connections of clients that do not read their responses: those
 * would stay in memory.
 */
export function limitUnreadResponses(
  server: Server,
  handler: RequestListener,
  log: Pick<Log, 'info'>,
  limits: UnreadLimits = usualLimits,
): void {
  const connections = new Map<Socket, Connection>();

  function cut(socket: Socket, why: string) {
    log.info({ bytes: bytesOf(connections.get(socket)) }, `a connection is closed: ${why}`);
    for (const response of connections.get(socket)?.responses ?? []) noteBroken(response);
    connections.delete(socket);
    socket.destroy();
  }

  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request;
    // Requests that were pipelined behind the refused one are still parsed.
    if (socket.destroyed) return;
    const connection = connections.get(socket) ?? { responses: new Set(), taken: 0, since: performance.now() };
    connections.set(socket, connection);
    connection.responses.add(response);
    response.once('close', () => {
      connection.responses.delete(response);
      if (connection.responses.size === 0) connections.delete(socket);
    });
    if (connection.responses.size > limits.pipelined) return cut(socket, 'too many requests are pipelined');
    handler(request, response);
  });

  function sweep() {
    const now = performance.now();
    for (const [socket, connection] of connections) {
      const taken = (socket.bytesWritten ?? 0) - socket.writableLength;
      if (taken !== connection.taken || bytesOf(connection) === 0) Object.assign(connection, { taken, since: now });
      if (now - connection.since >= limits.stalledMs) cut(socket, 'its client reads nothing');
    }
    makeRoom(now);
  }

  function makeRoom(now: number) {
    let total = 0;
    for (const connection of connections.values()) total += bytesOf(connection);
    if (total <= limits.totalBytes) return;
    const stalled = [...connections].filter(([, { since }]) => now - since >= limits.crowdedMs);
    const largest = stalled.map(([socket, connection]) => ({ socket, bytes: bytesOf(connection) }));
    for (const { socket, bytes } of largest.sort((a, b) => b.bytes - a.bytes)) {
      if (total <= limits.totalBytes) return;
      cut(socket, 'too much is unread, and its client reads nothing');
      total -= bytes;
    }
  }

  const timer = setInterval(sweep, limits.sweepMs);
  server.once('close', () => clearInterval(timer));
}

function bytesOf(connection: Connection | undefined): number {
  let bytes = 0;
  for (const response of connection?.responses ?? []) bytes += response.writableLength + (unsent.get(response) ?? 0);
  return bytes;
}
