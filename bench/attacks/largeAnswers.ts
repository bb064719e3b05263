import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { fillChat } from '../../test/support/chats/largeChat.js';
import type { ApiProcess } from '../../test/support/service/apiProcess.js';
import type { ApiAttack } from './apiAttack.js';

const large = 'A sentence that compresses well. '.repeat(28_000);

async function documents(api: ApiProcess, count: number): Promise<void> {
  for (let n = 0; n < count; n++)
    await api.client.send('POST', '/v1/documents', { title: `Document ${n}`, body: large });
}

/** Asks and never reads. */
async function askAndSleep(api: ApiProcess, path: string): Promise<Socket> {
  const socket = connect(Number(new URL(api.url).port), '127.0.0.1');
  await once(socket, 'connect');
  socket.on('error', () => undefined);
  socket.pause();
  socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
  return socket;
}

/** Requests whose answers are large or cost much to make. */
export const largeAnswers: ApiAttack[] = [
  {
    name: 'unread: 40 connections ask for 30 documents of 0.9 MiB and read nothing; memory 40 s later',
    async prepare(api) {
      await documents(api, 30);
      return async () => {
        const sockets = await Promise.all(
          Array.from({ length: 40 }, () => askAndSleep(api, '/v1/documents?limit=1000&fields=body')),
        );
        await pause(40_000);
        await api.peakMiB();
        const after = await api.peakMiB();
        for (const socket of sockets) socket.destroy();
        return `${after} MiB then`;
      };
    },
  },
  {
    name: 'documents: six requests at once for 600 documents of 0.9 MiB',
    async prepare(api) {
      await documents(api, 600);
      return async () => {
        const ask = async () => {
          const response = await fetch(`${api.url}/v1/documents?limit=1000&fields=body`).catch(() => null);
          let bytes = 0;
          for await (const piece of response?.body ?? []) bytes += (piece as Uint8Array).length;
          return `${response?.status ?? 'broken'} (${Math.round(bytes / 2 ** 20)} MiB)`;
        };
        const answers = await Promise.all(Array.from({ length: 6 }, () => ask().catch(() => 'broken')));
        return `answered ${[...new Set(answers)].join(', ')}`;
      };
    },
  },
  {
    name: 'messages: one message of a chat of 12,000 turns (96,000 events)',
    async prepare(api, database) {
      const host = await api.client.createCharacter();
      const chat = await api.client.createChat(host.id);
      await fillChat(database.pool, { chatId: chat.id, hostId: host.id, turns: 12_000, bytes: 2_000 });
      return async () => `answered ${(await api.client.send('GET', `/v1/chats/${chat.id}/messages?limit=1`)).status}`;
    },
  },
  {
    name: "script: 200 requests for the docs' script, compressed",
    async prepare(api) {
      return async () => {
        const headers = { 'accept-encoding': 'gzip' };
        for (let n = 0; n < 200; n++)
          await (await fetch(`${api.url}/docs/swagger-ui-bundle.js`, { headers })).arrayBuffer();
        return 'answered';
      };
    },
  },
];
