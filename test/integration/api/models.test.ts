import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startTestApi, type TestApi } from '../../support/service/api.js';

type Answer = { items: { id: string; providerId: string | null; isDefault: boolean }[]; failed: unknown[] };

const asked: string[] = [];
let server: Server;
let url: string;
let api: TestApi;

/** A server with the paths `/good`, `/bare`, `/broken`, and one that redirects. */
function answer(path: string): [number, Record<string, string>, string] {
  switch (path) {
    case '/good/v1/models':
      return [200, {}, JSON.stringify({ object: 'list', data: [{ id: 'large' }, { id: 'small' }, { id: 7 }] })];
    case '/bare/v1/models':
      return [200, {}, JSON.stringify(['tiny', 'tiny'])];
    case '/claude/v1/models':
      return [200, {}, JSON.stringify({ data: [{ id: 'claude-x' }] })];
    case '/brackets/v1/models':
      return [200, {}, '['.repeat(2_000_000)];
    case '/moved/v1/models':
      return [302, { location: '/good/v1/models' }, ''];
    default:
      return [500, {}, 'out of order'];
  }
}

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(`${request.url} ${request.headers.authorization}`);
    const [status, headers, body] = answer(request.url ?? '');
    response.writeHead(status, headers).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  api = await startTestApi({
    env: {
      OPENAI_BASE_URL: `${url}/good/v1`,
      OPENAI_API_KEY: 'server-key',
      NARRATIVE_MODEL: 'small',
      PROVIDER_ENCRYPTION_KEY: randomBytes(32).toString('hex'),
    },
  });
}, 60_000);
afterAll(async () => {
  await api.close();
  await new Promise((resolve) => server.close(resolve));
});

const store = async (name: string) =>
  (
    await api.client.send<{ id: string }>('POST', '/v1/providers', {
      ...{ name, baseUrl: `${url}/${name}/v1/`, apiKey: `key-of-${name}`, defaultModel: 'own' },
    })
  ).body.id;
const models = async () => (await api.client.send<Answer>('GET', '/v1/models')).body;

describe('the list of models', () => {
  test('has those of the server and of stored providers, and names the providers that gave no list', async () => {
    const [bare, broken, moved] = [await store('bare'), await store('broken'), await store('moved')];
    const { items, failed } = await models();
    expect(items.map(({ id, providerId, isDefault }) => [providerId, id, isDefault])).toEqual([
      [null, 'small', true],
      [null, 'large', false],
      [bare, 'own', true],
      [bare, 'tiny', false],
      [broken, 'own', true],
      [moved, 'own', true],
    ]);
    expect(failed).toEqual([
      { providerId: broken, name: 'broken' },
      { providerId: moved, name: 'moved' },
    ]);
    expect(asked.toSorted()).toEqual([
      '/bare/v1/models Bearer key-of-bare',
      '/broken/v1/models Bearer key-of-broken',
      '/good/v1/models Bearer server-key',
      '/moved/v1/models Bearer key-of-moved',
    ]);
  });

  test('asks each provider once in a while, however often it is read', async () => {
    await Promise.all([models(), models(), models()]);
    expect(asked).toHaveLength(4);
  });
});

describe('a server with keys', () => {
  test('asks no private address that an owner has stored', async () => {
    const guarded = await startTestApi({
      database: api.database,
      env: {
        API_KEYS: 'k:eve',
        OPENAI_BASE_URL: `${url}/good/v1`,
        PROVIDER_ENCRYPTION_KEY: randomBytes(32).toString('hex'),
      },
    });
    try {
      const before = asked.length;
      await api.database.pool.query(
        "insert into providers (id, owner, name, base_url, sealed_key, default_model) select 'prv_eve', 'eve', name, base_url, sealed_key, 'own' from providers where name = 'bare'",
      );
      const response = await fetch(`${guarded.url}/v1/models`, { headers: { authorization: 'Bearer k' } });
      const { failed } = (await response.json()) as Answer;
      expect(failed).toEqual([{ providerId: 'prv_eve', name: 'bare' }]);
      expect(asked.slice(before).filter((line) => !line.startsWith('/good'))).toEqual([]);
    } finally {
      await guarded.close();
    }
  }, 60_000);
});

test('a provider of the Messages API is asked as that API wants it', async () => {
  const { body } = await api.client.send<{ id: string }>('POST', '/v1/providers', {
    ...{ name: 'claude', baseUrl: `${url}/claude`, apiKey: 'key-of-claude', defaultModel: 'own', api: 'anthropic' },
  });
  const { items, failed } = await models();
  expect(items.filter(({ providerId }) => providerId === body.id).map(({ id }) => id)).toEqual(['own', 'claude-x']);
  expect(failed).not.toContainEqual({ providerId: body.id, name: 'claude' });
  expect(asked).toContain('/claude/v1/models undefined');
  expect((await api.client.send('DELETE', `/v1/providers/${body.id}`)).status).toBe(204);
});

test('a list of brackets alone is none', async () => {
  const id = await store('brackets');
  expect((await models()).failed).toContainEqual({ providerId: id, name: 'brackets' });
  expect((await api.client.send('DELETE', `/v1/providers/${id}`)).status).toBe(204);
});
