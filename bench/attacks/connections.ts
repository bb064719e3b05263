import { get, type IncomingMessage } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { createServiceClient } from '../../test/support/viewers/serviceClient.js';
import { type ApiAttack, bearer, keys } from './apiAttack.js';
import { many } from './many.js';

/** Opens an event stream that stays open, and gives its status. */
function openStream(url: string, key: string, open: IncomingMessage[]): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const headers = { ...bearer(key), accept: 'text/event-stream' };
    const request = get(url, { headers, agent: false }, (response) => {
      open.push(response);
      response.resume();
      resolve(response.statusCode);
    });
    request.on('error', reject);
  });
}

/** How a socket with this key ends: the close code, or the status of the refused upgrade. */
function openSocket(url: string, key: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = new WebSocket(url, ['durable-turns.v1', `bearer.${key}`]);
    socket.on('close', (code) => resolve(`close ${code}`));
    socket.on('unexpected-response', (request, response) => {
      resolve(`status ${response.statusCode}`);
      request.destroy();
    });
    socket.on('error', () => undefined);
  });
}

/** Many connections, and many keys that do not exist. */
export const connections: ApiAttack[] = [
  {
    name: 'streams: one owner opens 3,000 event streams of a chat',
    env: { API_KEYS: keys.list },
    async prepare(api) {
      const chatOf = async (key: string) => (await createServiceClient(api.url, { key }).newChat()).id;
      const [chat, others] = [await chatOf(keys.attacker), await chatOf(keys.other)];
      const pathOf = (id: string) => `${api.url}/v1/chats/${id}/events`;
      return async () => {
        const open: IncomingMessage[] = [];
        const answers = await many(3_000, 50, () => openStream(pathOf(chat), keys.attacker, open));
        const other = await openStream(pathOf(others), keys.other, open);
        await pause(5_000);
        const left = open.filter(({ readableEnded, destroyed }) => !readableEnded && !destroyed).length;
        for (const response of open) response.destroy();
        return `${answers}; ${left} open at the end; another owner's stream ${other}`;
      };
    },
  },
  {
    name: 'wrongSockets: 5,000 sockets with a wrong key, 50 at a time',
    env: { API_KEYS: keys.list },
    async prepare(api) {
      const { id } = await createServiceClient(api.url, { key: keys.other }).newChat();
      const url = `${api.url.replace('http', 'ws')}/v1/chats/${id}/live`;
      return () => many(5_000, 50, (n) => openSocket(url, `wrong-${n}`));
    },
  },
  {
    name: 'wrongKeys: 5,000 requests with a wrong key, 50 at a time',
    env: { API_KEYS: keys.list },
    async prepare(api) {
      const ask = (key: string) => async () => {
        const response = await fetch(`${api.url}/v1/chats`, { headers: bearer(key) });
        await response.arrayBuffer();
        return response.status;
      };
      return async () => {
        const answers = await many(5_000, 50, (n) => ask(`wrong-${n}`)());
        return `${answers}; the right key ${await ask(keys.other)()}`;
      };
    },
  },
];
