import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { Problem, type ProblemCode, problemBody, problemType } from './problem.js';

/** The codes of Node's parser that have a problem of their own. */
const byCode: Record<string, ProblemCode> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'body_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
};

/**
 * Answers with a problem what Node refuses before there is a request: bytes that are not HTTP, headers and paths that are
 * too long, and requests that do not end. Closes the connection. Nothing is written into a response that is under way.
 */
export function answerBrokenRequests(server: Server): void {
  const open = new WeakMap<Duplex, number>();
  const count = ({ socket }: IncomingMessage, response: ServerResponse) => {
    open.set(socket, (open.get(socket) ?? 0) + 1);
    response.once('close', () => open.set(socket, (open.get(socket) ?? 1) - 1));
  };
  server.prependListener('request', count);
  // `Expect` with another value than 100-continue. Node would refuse it with 417; a server may ignore it (RFC 9110, 10.1.1).
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable || (open.get(socket) ?? 0) > 0) return void socket.destroy();
    socket.end(written(new Problem(byCode[error.code ?? ''] ?? 'invalid_request')));
  });
}

function written(problem: Problem): string {
  const body = JSON.stringify(problemBody(problem));
  return [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
    `Content-Type: ${problemType}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    '',
    body,
  ].join('\r\n');
}
