import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { listen as listenAt } from '../../lib/listen.js';

const MAX_BODY = 32 * 1024 * 1024;

/** Resolves with the request's body as text. Rejects past 32 MiB, or when the client goes away. */
export async function readBody(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of request) {
    size += (piece as Buffer).length;
    if (size > MAX_BODY) throw new Error('the body is larger than 32 MiB');
    pieces.push(piece as Buffer);
  }
  return Buffer.concat(pieces).toString('utf8');
}

export function sendJson(response: ServerResponse, status: number, body: unknown, headers: object = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

/** An error in the form of the OpenAI API. */
export function sendError(response: ServerResponse, status: number, code: string, message: string): void {
  sendJson(response, status, { error: { message, type: 'invalid_request_error', param: null, code } });
}

export const eventStream = { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' };

/** Listens on loopback only; resolves with the port. */
export const listen = (server: Server, port: number): Promise<number> => listenAt(server, { host: '127.0.0.1', port });

/** Stops listening and closes every open connection. */
export async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}
