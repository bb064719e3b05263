import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sender } from '../../support/chats/narrativeApi.js';
import { startTestApi, type TestApi } from '../../support/service/api.js';

const MAX = 3;

let api: TestApi;
beforeAll(async () => {
  const max = String(MAX);
  api = await startTestApi({
    env: {
      API_KEYS: 'k-ann:ann,k-ben:ben',
      PROVIDER_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
      CHATS_PER_OWNER: max,
      CHARACTERS_PER_OWNER: max,
      DOCUMENTS_PER_OWNER: max,
      PROVIDERS_PER_OWNER: max,
      STORY_EVENTS_PER_CHAT: max,
    },
  });
}, 60_000);
afterAll(() => api?.close());

const call = sender(() => api);
const as = (who: string) => (method: string, path: string, body?: unknown) =>
  call(method, path, body, { authorization: `Bearer k-${who}` });

const provider = { name: 'p', baseUrl: 'https://models.example/v1', apiKey: 'k', defaultModel: 'm' };
const wishes = [
  ['providers', '/v1/providers', provider],
  ['characters', '/v1/characters', { name: 'Mira', persona: '' }],
  ['documents', '/v1/documents', { title: 'T', body: '' }],
  ['chats', '/v1/chats', { kind: 'agent' }],
] as const;

describe('an owner', () => {
  test.each(wishes)(
    'has no more %s than the limit, also with concurrent requests, and other owners are not affected',
    async (what, path, wish) => {
      const answers = await Promise.all(Array.from({ length: 3 * MAX }, () => as('ann')('POST', path, wish)));
      const made = answers.filter(({ status }) => status === 201);
      const refused = answers.filter(({ status }) => status === 409);
      expect([made.length, refused.length]).toEqual([MAX, 2 * MAX]);
      expect(refused[0]?.body).toMatchObject({ code: 'limit_reached', detail: `${what}: there may be at most ${MAX}` });
      expect((await as('ann')('GET', path)).body.items).toHaveLength(MAX);
      expect((await as('ben')('POST', path, wish)).status).toBe(201);
    },
  );

  test('can create again after deleting, and a fork counts as a chat', async () => {
    const { body } = await as('ann')('GET', '/v1/chats');
    const [first, second] = body.items as { id: string }[];
    const fork = () => as('ann')('POST', `/v1/chats/${second?.id}/fork`, { atSeq: 1 });
    expect(await fork()).toMatchObject({ status: 409, body: { code: 'limit_reached' } });
    expect((await as('ann')('DELETE', `/v1/chats/${first?.id}`)).status).toBe(204);
    expect((await fork()).status).toBe(201);
    expect((await fork()).status).toBe(409);
  });
});

test('the counted usage of an owner is what its rows say, after creating, editing and deleting', async () => {
  const { pool } = api.database;
  const { rows } = await pool.query(`
    with found as (
      select owner, 'chats' as what, count(*) as used from chats group by owner
      union all select owner, 'logBytes', coalesce(sum(log_bytes), 0) from chats group by owner
      union all select owner, 'characters', count(*) from characters group by owner
      union all select owner, 'documents', count(*) from documents group by owner
      union all select owner, 'documentBytes', sum(octet_length(body)) from documents group by owner
      union all select owner, 'providers', count(*) from providers group by owner
      union all select owner, 'characterBytes', sum(octet_length(persona) + coalesce(octet_length(greeting), 0)
        + coalesce((select octet_length(card::text) from character_cards where character_id = c.id), 0)
        + coalesce((select octet_length(bytes) from character_avatars where character_id = c.id), 0))
        from characters c group by owner
      union all select owner, 'attachments', count(*) from attachments group by owner
      union all select owner, 'attachmentBytes', sum(size) from attachments group by owner
    ), counted as (
      select owner, what, sum(used) as used from owner_usage group by owner, what
    )
    select owner, what, found.used as found, counted.used as counted
    from found full join counted using (owner, what)
    where coalesce(found.used, 0) <> coalesce(counted.used, 0)`);
  expect(rows).toEqual([]);
});

test('a chat refuses a story event beyond its limit of open ones, and stores nothing of it', async () => {
  const ben = as('ben');
  const { body: host } = await ben('POST', '/v1/characters', { name: 'Mira', persona: '' });
  const { body: chat } = await ben('POST', '/v1/chats', { kind: 'narrative', hostId: host.id });
  const plan = () => ben('POST', `/v1/chats/${chat.id}/storyEvents`, { title: 'A storm', description: 'It comes.' });
  const answers = await Promise.all(Array.from({ length: 2 * MAX }, plan));
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 201, 409, 409, 409]);
  expect(await plan()).toMatchObject({
    body: { code: 'limit_reached', detail: `storyEvents: there may be at most ${MAX}` },
  });
  const { rows } = await api.database.pool.query(
    "select count(*)::int as n from events where chat_id = $1 and kind = 'story_event_planned'",
    [chat.id],
  );
  expect(rows).toEqual([{ n: MAX }]);
  await api.database.pool.query("update story_events set status = 'completed' where chat_id = $1", [chat.id]);
  expect((await plan()).status).toBe(201);
});
