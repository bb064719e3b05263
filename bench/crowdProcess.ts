import { get } from 'node:http';
import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';

/**
 * Viewers who read what comes and do nothing with it, in a process of their own, so that the bench's own viewers
 * are not slowed by them. Raw sockets, since a thousand clients that parse frames would take the processor that is
 * measured. Each line of standard input is an order, answered with a line: `join N URL` or `leave`.
 */
let sockets: Socket[] = [];

async function obey(order: string): Promise<void> {
  const [verb, count, url] = order.split(' ');
  if (verb === 'join' && url) {
    for (let left = Number(count); left > 0; left -= 50) {
      sockets.push(...(await Promise.all(Array.from({ length: Math.min(50, left) }, () => join(url)))));
    }
  } else {
    for (const socket of sockets) socket.destroy();
    sockets = [];
  }
  console.log(`${sockets.length} viewers`);
}

/** As little of a WebSocket as a viewer needs who never answers: the server hangs up on it after some 30 s. */
function join(url: string): Promise<Socket> {
  const headers = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  };
  return new Promise((resolve, reject) => {
    const request = get(url, { headers, agent: false });
    request.on('error', reject);
    request.on('response', (response) => reject(new Error(`${url} was answered ${response.statusCode}`)));
    request.on('upgrade', (_response, socket, head) => {
      socket.on('error', reject);
      if (head.length > 0) resolve(socket);
      else socket.once('data', () => resolve(socket));
      socket.resume();
    });
  });
}

console.log('ready');
const orders = createInterface(process.stdin);
orders.on('line', (order) => {
  obey(order).catch((error: unknown) => console.log(`failed: ${error}`));
});
orders.on('close', () => process.exit(0));
