import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { transaction } from '../../../db/core/pool.js';
import { unseal } from '../../../db/core/sealed.js';
import { appendEvents } from '../../../db/timeline/log.js';
import { seedChat } from '../../support/chats/chats.js';
import { startTestApi, type TestApi } from '../../support/service/api.js';
import { createServiceClient, type ServiceClient } from '../../support/viewers/serviceClient.js';

const sealingKey = randomBytes(32);
const keys = { ada: 'key-of-ada-0123456789', ben: 'key-of-ben-0123456789' };

let api: TestApi;
let ada: ServiceClient;
let ben: ServiceClient;
beforeAll(async () => {
  api = await startTestApi({
    env: {
      PROVIDER_ENCRYPTION_KEY: sealingKey.toString('base64'),
      API_KEYS: `${keys.ada}:ada,${keys.ben}:ben`,
      WEBHOOKS_PER_OWNER: '3',
    },
  });
  ada = createServiceClient(api.url, { key: keys.ada });
  ben = createServiceClient(api.url, { key: keys.ben });
}, 60_000);
afterAll(() => api?.close());

const secret = 'only the receiver knows';
const hook = { url: 'https://example.com/hooks?from=chats', events: ['user_turn', 'turn_completed'], secret };

describe('a webhook over the api', () => {
  it('is created, listed and deleted by its owner only, and its secret is kept encrypted and never returned', async () => {
    const created = await ada.send<{ id: string }>('POST', '/v1/webhooks', hook);
    expect(created).toMatchObject({ status: 201, body: { url: hook.url, events: hook.events } });
    const { id } = created.body;
    expect(id).toMatch(/^whk_/);
    const listed = await ada.send('GET', '/v1/webhooks');
    expect(listed.body).toEqual({ items: [created.body], next: null });
    expect(JSON.stringify([created.body, listed.body])).not.toContain('secret');

    const { rows } = await api.database.pool.query('select * from webhooks where id = $1', [id]);
    expect(rows[0].sealed_secret.toString('latin1')).not.toContain(secret);
    expect(unseal(sealingKey, rows[0].sealed_secret, `ada/${id}`)).toBe(secret);

    expect((await ben.send('GET', '/v1/webhooks')).body).toEqual({ items: [], next: null });
    expect((await ben.send('DELETE', `/v1/webhooks/${id}`)).status).toBe(404);
    expect((await ada.send('DELETE', `/v1/webhooks/${id}`)).status).toBe(204);
    expect(await ada.send('DELETE', `/v1/webhooks/${id}`)).toMatchObject({
      status: 404,
      body: { code: 'webhook_not_found' },
    });
  });

  it.each([
    ['an unknown kind of event', { ...hook, events: ['user_turn', 'no_such_kind'] }, /events\.1/],
    ['no kinds', { ...hook, events: [] }, /events/],
    ['an empty secret', { ...hook, secret: '' }, /secret/],
    ['no secret', { url: hook.url, events: hook.events }, /secret/],
    ['an unknown field', { ...hook, active: true }, /active/],
    ['a URL of another scheme', { ...hook, url: 'ftp://example.com/' }, /url/],
    ['a URL with a password', { ...hook, url: 'https://me:it@example.com/' }, /url/],
    ['no URL', { ...hook, url: 'example.com' }, /url/],
  ])('is refused with 400 and the path of the field when it has %s', async (_, body, path) => {
    expect(await ada.send('POST', '/v1/webhooks', body)).toMatchObject({
      status: 400,
      body: { code: 'invalid_body', detail: expect.stringMatching(path) },
    });
  });

  it.each([
    'http://127.0.0.1:8080/',
    'http://localhost/',
    'http://10.1.2.3/',
    'http://169.254.169.254/',
    'http://[::1]/',
  ])('is refused when its host is not public: %s', async (url) => {
    expect(await ada.send('POST', '/v1/webhooks', { ...hook, url })).toMatchObject({
      status: 400,
      body: { code: 'webhook_host_not_allowed' },
    });
  });

  it('is refused beyond the limit of its owner', async () => {
    for (let n = 0; n < 3; n++) expect((await ben.send('POST', '/v1/webhooks', hook)).status).toBe(201);
    expect(await ben.send('POST', '/v1/webhooks', hook)).toMatchObject({
      status: 409,
      body: { code: 'limit_reached' },
    });
  });
});

describe('an append to a log', () => {
  /** How many statements the append of two events takes, and what the outbox then has. */
  async function append(owner: string): Promise<{ statements: number; queued: unknown[] }> {
    const { pool } = api.database;
    const { chatId } = await seedChat(pool, owner);
    let statements = 0;
    await transaction(pool, async (tx) => {
      const { query } = tx;
      const counted = (...args: unknown[]) => {
        statements += 1;
        return (query as (...args: unknown[]) => unknown).apply(tx, args);
      };
      Object.assign(tx, { query: counted });
      await appendEvents(tx, { chatId, turnId: null, step: 'test' }, [
        { kind: 'system_message', data: { text: 'One.' } },
        { kind: 'system_message', data: { text: 'Two.' } },
      ]).finally(() => Object.assign(tx, { query }));
    });
    const { rows } = await pool.query('select seq from webhook_deliveries where chat_id = $1 order by seq', [chatId]);
    return { statements, queued: rows };
  }

  it('takes as many statements with webhooks as without, and puts only events of their kinds into the outbox', async () => {
    const without = await append('cid');
    expect(without.queued).toEqual([]);
    await ada.send('POST', '/v1/webhooks', { ...hook, events: ['system_message'] });
    const withOne = await append('ada');
    expect(withOne).toEqual({ statements: without.statements, queued: [{ seq: 3 }, { seq: 4 }] });
  });
});
