import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { answerBrokenRequests } from '../../../api/http/brokenRequests.js';

let server: Server;
beforeAll(async () => {
  server = createServer((request, response) => {
    request.resume();
    // The response stays open.
    if (request.url === '/begun') response.write('begun');
    else response.end('ok');
  });
  answerBrokenRequests(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** Everything that the server sends until it closes the connection. */
async function answerTo(...pieces: string[]): Promise<string> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').setEncoding('utf8');
  let answer = '';
  socket.on('data', (piece: string) => {
    answer += piece;
    const next = pieces.shift();
    if (next !== undefined) socket.write(next);
  });
  socket.write(pieces.shift() ?? '');
  await once(socket, 'close');
  return answer;
}

const host = 'Host: 127.0.0.1\r\n';

test.each([
  ['a path that is too long', `GET /${'a'.repeat(20_000)} HTTP/1.1\r\n${host}\r\n`, 431, 'headers_too_large'],
  ['headers that are too long', `GET / HTTP/1.1\r\n${host}X: ${'a'.repeat(20_000)}\r\n\r\n`, 431, 'headers_too_large'],
  ['bytes that are not HTTP', '\x16\x03\x01\x02\r\n\r\n', 400, 'invalid_request'],
  ['two lengths', `POST / HTTP/1.1\r\n${host}Content-Length: 1\r\nContent-Length: 2\r\n\r\n`, 400, 'invalid_request'],
])('%s: the answer is a problem, and the connection is closed', async (_, request, status, code) => {
  const [head = '', body = ''] = (await answerTo(request)).split('\r\n\r\n');
  expect(head).toContain(`HTTP/1.1 ${status} `);
  expect(head).toContain('Content-Type: application/problem+json');
  expect(JSON.parse(body)).toMatchObject({ status, code });
});

test('an expectation that is not known: the request is answered as without it', async () => {
  const answer = await answerTo(`GET / HTTP/1.1\r\n${host}Expect: more\r\nConnection: close\r\n\r\n`);
  expect(answer).toContain('HTTP/1.1 200 ');
});

test('bytes that are not HTTP after a request whose response is under way: nothing is written into the response', async () => {
  const answer = await answerTo(`GET /begun HTTP/1.1\r\n${host}\r\n`, '\x16\x03\x01\x02\r\n\r\n');
  expect(answer).toContain('begun');
  expect(answer).not.toContain('problem');
});
