import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { saveProviderFacts } from '../../../db/chats/providerFacts.js';
import { readChosenModel } from '../../../db/chats/providers.js';
import { sender } from '../../support/chats/narrativeApi.js';
import { startTestApi, type TestApi } from '../../support/service/api.js';

const key = randomBytes(32);
const keyed = {
  API_KEYS: 'k-ann:ann,k-ben:ben:1',
  PROVIDER_ENCRYPTION_KEY: key.toString('base64'),
  ALLOWED_PROVIDER_HOSTS: '10.20.0.0/16:8000',
};
let api: TestApi;
let keyless: TestApi;
beforeAll(async () => {
  [api, keyless] = [await startTestApi({ env: keyed }), await startTestApi()];
}, 60_000);
afterAll(async () => {
  await api.close();
  await keyless.close();
});

const call = sender(() => api);
const as = (who: string) => (method: string, path: string, body?: unknown) =>
  call(method, path, body, { authorization: `Bearer k-${who}` });
const wish = {
  name: 'Mine',
  baseUrl: 'https://models.example/v1',
  apiKey: 'sk-canary-1',
  defaultModel: 'm1',
  maxTokens: 50,
};

describe('a provider', () => {
  it('is stored with its key encrypted, and no answer has the key', async () => {
    const made = await as('ann')('POST', '/v1/providers', wish);
    const { apiKey: _, ...shown } = wish;
    expect(made).toMatchObject({ status: 201, body: shown });
    expect((await as('ann')('GET', '/v1/providers')).body.items).toMatchObject([shown]);
    expect((await as('ben')('GET', '/v1/providers')).body.items).toEqual([]);
    const { rows } = await api.database.pool.query('select * from providers');
    expect(JSON.stringify([made.body, rows]) + rows[0].sealed_key.toString('latin1')).not.toContain('canary');
  });

  it('can be used only by chats of its owner', async () => {
    const { body: provider } = await as('ann')('POST', '/v1/providers', wish);
    const foreign = await as('ben')('POST', '/v1/chats', { kind: 'agent', providerId: provider.id });
    expect(foreign).toMatchObject({ status: 404, body: { code: 'provider_not_found' } });
    const { body: chat } = await as('ann')('POST', '/v1/chats', {
      kind: 'agent',
      providerId: provider.id,
      temperature: 0.5,
    });
    const { body } = await as('ann')('POST', `/v1/chats/${chat.id}/turns`, { text: 'Hello?' });
    const turnId = (body.turn as { id: string }).id;
    const { pool } = api.database;
    expect(await readChosenModel(pool, key, turnId)).toMatchObject({
      temperature: 0.5,
      provider: { apiKey: 'sk-canary-1', baseUrl: wish.baseUrl, defaultModel: 'm1', maxTokens: 50, byOperator: false },
    });
    expect(await readChosenModel(pool, randomBytes(32), turnId)).toMatchObject({ provider: { apiKey: null } });
    expect(await readChosenModel(pool, null, turnId)).toMatchObject({ provider: { apiKey: null } });
  });

  it('is refused without PROVIDER_ENCRYPTION_KEY, and the error says why', async () => {
    const refused = await keyless.client.send('POST', '/v1/providers', wish);
    expect(refused).toMatchObject({ status: 409, body: { code: 'provider_keys_disabled' } });
    expect(JSON.stringify(refused.body)).toContain('PROVIDER_ENCRYPTION_KEY');
  });

  it.each([
    { baseUrl: 'ftp://x' },
    { baseUrl: 'https://user:pass@x' },
    { baseUrl: 'https://x/v1?' },
    { baseUrl: 'https://x/admin#' },
    { baseUrl: 'https://x/admin?delete=all&x=' },
    { baseUrl: 'https:\\\\x/v1' },
    { apiKey: 'a b' },
    { apiKey: '' },
    { maxTokens: 0 },
  ])('with %j is refused', async (wrong) => {
    const answer = await as('ann')('POST', '/v1/providers', { ...wish, ...wrong });
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_body' } });
  });
});

describe('the API and the profile of a provider', () => {
  it('are stored and listed, and are by the host where they are left out', async () => {
    const settings = { api: 'anthropic', profile: 'strict' };
    const made = await as('ann')('POST', '/v1/providers', { ...wish, ...settings });
    expect(made).toMatchObject({ status: 201, body: { ...settings, learned: [] } });
    const plain = await as('ann')('POST', '/v1/providers', wish);
    expect(plain).toMatchObject({ status: 201, body: { api: null, profile: 'auto' } });
    const { body } = await as('ann')('GET', '/v1/providers?limit=1000');
    const items = body.items as { id: string }[];
    expect(items.find(({ id }) => id === made.body.id)).toMatchObject(settings);
  });

  it.each([{ api: 'gemini' }, { api: null }, { profile: 'unheard-of' }, { headers: {} }])(
    'with %j are refused',
    async (wrong) => {
      const answer = await as('ann')('POST', '/v1/providers', { ...wish, ...wrong });
      expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_body' } });
    },
  );
});

describe('the name and the key of a provider', () => {
  const stored = async () => (await as('ann')('POST', '/v1/providers', wish)).body.id as string;

  it('may change, together or alone, and no answer has the key', async () => {
    const id = await stored();
    const named = await as('ann')('PATCH', `/v1/providers/${id}`, { name: 'Ours' });
    expect(named).toMatchObject({ status: 200, body: { id, name: 'Ours', baseUrl: wish.baseUrl, learned: [] } });
    const rekeyed = await as('ann')('PATCH', `/v1/providers/${id}`, { apiKey: 'sk-canary-2' });
    expect(rekeyed).toMatchObject({ status: 200, body: { id, name: 'Ours' } });
    expect(JSON.stringify([named.body, rekeyed.body])).not.toContain('canary');
    expect(await as('ann')('PATCH', `/v1/providers/${id}`, {})).toMatchObject({ status: 200, body: { name: 'Ours' } });
    const { body: chat } = await as('ann')('POST', '/v1/chats', { kind: 'agent', providerId: id });
    const { body } = await as('ann')('POST', `/v1/chats/${chat.id}/turns`, { text: 'Hello?' });
    const { provider } = (await readChosenModel(api.database.pool, key, (body.turn as { id: string }).id))!;
    expect(provider).toMatchObject({ apiKey: 'sk-canary-2' });
  });

  it.each([{ baseUrl: 'https://other.example/v1' }, { name: '' }, { apiKey: 'a b' }, { apiKey: null }, { id: 'x' }])(
    'do not change with %j',
    async (wrong) => {
      const answer = await as('ann')('PATCH', `/v1/providers/${await stored()}`, wrong);
      expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_body' } });
    },
  );

  it('are changed by their owner only', async () => {
    const id = await stored();
    for (const [who, at] of [
      ['ben', id],
      ['ann', 'prv_none'],
    ] as const) {
      for (const method of ['PATCH', 'DELETE']) {
        const answer = await as(who)(method, `/v1/providers/${at}`, method === 'PATCH' ? { name: 'x' } : undefined);
        expect(answer).toMatchObject({ status: 404, body: { code: 'provider_not_found' } });
      }
    }
    expect((await as('ann')('PATCH', `/v1/providers/${id}`, {})).body.name).toBe('Mine');
  });
});

describe('deleting a provider', () => {
  const stored = async (more: object = {}) =>
    (await as('ann')('POST', '/v1/providers', { ...wish, ...more })).body.id as string;
  const remove = (id: string) => as('ann')('DELETE', `/v1/providers/${id}`);
  const inUse = { status: 409, body: { code: 'provider_in_use' } };

  it('removes it with its key and what was learnt of it', async () => {
    const id = await stored();
    await saveProviderFacts(api.database.pool, { providerId: id, baseUrl: wish.baseUrl, model: 'm1' }, [
      { fact: { kind: 'without', field: 'temperature' }, keptMs: 60_000 },
    ]);
    expect((await remove(id)).status).toBe(204);
    expect(await remove(id)).toMatchObject({ status: 404, body: { code: 'provider_not_found' } });
    const { rows } = await api.database.pool.query(
      'select id from providers where id = $1 union all select provider_id from provider_facts where provider_id = $1',
      [id],
    );
    expect(rows).toEqual([]);
  });

  it('is refused while a rewind could bring a chat back to it', async () => {
    const id = await stored();
    const other = await stored();
    const { body: chat } = await as('ann')('POST', '/v1/chats', { kind: 'agent', providerId: id });
    expect((await as('ann')('PATCH', `/v1/chats/${chat.id}`, { providerId: other })).status).toBe(200);
    expect(await remove(id)).toMatchObject(inUse);
    expect((await as('ann')('DELETE', `/v1/chats/${chat.id}`)).status).toBe(204);
    expect((await remove(id)).status).toBe(204);
  });

  it('is refused while a chat uses it', async () => {
    const id = await stored();
    const { body: chat } = await as('ann')('POST', '/v1/chats', { kind: 'agent', providerId: id });
    expect(await remove(id)).toMatchObject(inUse);
    expect((await as('ann')('DELETE', `/v1/chats/${chat.id}`)).status).toBe(204);
    expect((await remove(id)).status).toBe(204);
  });

  it('is refused while it is the fallback of another provider', async () => {
    const fallbackId = await stored();
    const id = await stored({ fallbackId });
    expect(await remove(fallbackId)).toMatchObject(inUse);
    expect((await remove(id)).status).toBe(204);
    expect((await remove(fallbackId)).status).toBe(204);
    const late = await as('ann')('POST', '/v1/providers', { ...wish, fallbackId });
    expect(late).toMatchObject({ status: 404, body: { code: 'provider_not_found' } });
  });

  it('leaves no chat without its provider, also when chats are created at the same time', async () => {
    for (let round = 0; round < 10; round++) {
      const id = await stored();
      const [made, removed] = await Promise.all([
        as('ann')('POST', '/v1/chats', { kind: 'agent', providerId: id }),
        remove(id),
      ]);
      expect([made.status, removed.status]).toEqual(made.status === 201 ? [201, 409] : [404, 204]);
    }
  });
});

describe('a provider of an owner with a key', () => {
  it.each([
    'http://127.0.0.1:5432/v1',
    'http://localhost/v1',
    'http://2130706433/v1',
    'http://0177.1/v1',
    'http://[::ffff:127.0.0.1]/v1',
    'http://169.254.169.254/latest',
    'http://10.0.0.1/v1',
    'http://[fd00::1]/v1',
  ])('is refused in a private network: %s', async (baseUrl) => {
    const answer = await as('ann')('POST', '/v1/providers', { ...wish, baseUrl });
    expect(answer).toMatchObject({ status: 400, body: { code: 'provider_host_not_allowed' } });
    expect(JSON.stringify(answer.body)).toContain('ALLOWED_PROVIDER_HOSTS');
  });

  it('is stored with a host that the operator allows', async () => {
    const answer = await as('ann')('POST', '/v1/providers', { ...wish, baseUrl: 'http://10.20.0.1:8000/v1' });
    expect(answer.status).toBe(201);
  });
});

it('a provider on the same machine is stored where a single owner needs no key', async () => {
  const env = { PROVIDER_ENCRYPTION_KEY: key.toString('base64') };
  const single = await startTestApi({ env });
  try {
    const answer = await single.client.send('POST', '/v1/providers', { ...wish, baseUrl: 'http://127.0.0.1:11434/v1' });
    expect(answer.status).toBe(201);
    const elsewhere = await single.client.send('POST', '/v1/providers', { ...wish, baseUrl: 'http://10.0.0.1/v1' });
    expect(elsewhere).toMatchObject({ status: 400, body: { code: 'provider_host_not_allowed' } });
    const { rows } = await single.database.pool.query('select by_operator from providers');
    expect(rows).toEqual([{ by_operator: true }]);
  } finally {
    await single.close();
  }
});

it("a turn stores the level of its caller's key", async () => {
  for (const [who, level] of [
    ['ann', 3],
    ['ben', 1],
  ] as const) {
    const { body: chat } = await as(who)('POST', '/v1/chats', { kind: 'agent' });
    await as(who)('POST', `/v1/chats/${chat.id}/turns`, { text: 'Hello?' });
    const { rows } = await api.database.pool.query('select caller_level from turns where chat_id = $1', [chat.id]);
    expect(rows).toEqual([{ caller_level: level }]);
  }
});
