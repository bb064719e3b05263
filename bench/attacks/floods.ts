import type { ApiProcess } from '../../test/support/service/apiProcess.js';
import type { ApiAttack } from './apiAttack.js';
import { many } from './many.js';

const json = { 'content-type': 'application/json' };
const mebibyte = 1024 * 1024;

async function ask(api: ApiProcess, method: string, path: string, init: RequestInit = {}): Promise<number> {
  const response = await fetch(`${api.url}${path}`, { method, headers: json, ...init });
  await response.arrayBuffer();
  return response.status;
}

const post = (api: ApiProcess, path: string, body: object) => ask(api, 'POST', path, { body: JSON.stringify(body) });

/** Bodies and paths that are refused, each from its number. */
const refused: [what: string, send: (api: ApiProcess) => Promise<number>][] = [
  [
    'a wrong charset',
    (api) =>
      ask(api, 'POST', '/v1/documents', {
        headers: { 'content-type': 'application/json; charset=utf-7' },
        body: '{"title":"T","body":""}',
      }),
  ],
  ['NUL in an id', (api) => ask(api, 'GET', '/v1/chats/chat_%00/messages')],
  [
    'more than 1 MiB',
    (api) => ask(api, 'POST', '/v1/documents', { body: `{"title":"T","body":"${'x'.repeat(mebibyte)}"}` }),
  ],
  [
    '1 MiB of brackets',
    (api) => ask(api, 'POST', '/v1/documents', { body: '['.repeat(mebibyte / 2) + ']'.repeat(mebibyte / 2) }),
  ],
];

/** Many requests of one owner that each cost little. */
export const floods: ApiAttack[] = [
  {
    name: 'characters: one owner makes 5,000 characters with personas of 60 KB, 20 at a time',
    async prepare(api) {
      const persona = 'x'.repeat(60_000);
      return () => many(5_000, 20, (n) => post(api, '/v1/characters', { name: `N${n}`, persona }));
    },
  },
  {
    name: 'storyEvents: one owner makes 5,000 story events in a chat, 20 at a time',
    async prepare(api) {
      const { id } = await api.client.newChat();
      const description = 'x'.repeat(1_000);
      return async () => {
        const answers = await many(5_000, 20, (n) =>
          post(api, `/v1/chats/${id}/storyEvents`, { title: `T${n}`, description, status: 'active' }),
        );
        return answers;
      };
    },
  },
  {
    name: 'chats: one owner makes 5,000 chats, 20 at a time',
    async prepare(api) {
      const { id: hostId } = await api.client.createCharacter();
      return () => many(5_000, 20, () => post(api, '/v1/chats', { kind: 'narrative', hostId }));
    },
  },
  ...refused.map(
    ([what, send], n): ApiAttack => ({
      name: `refused${n}: 1,000 requests with ${what}, 50 at a time`,
      prepare: async (api) => () => many(1_000, 50, () => send(api)),
    }),
  ),
  {
    name: 'metrics: a scraper asks for the metrics 2,000 times, 20 at a time',
    prepare: async (api) => () => many(2_000, 20, () => ask(api, 'GET', '/metrics')),
  },
];
