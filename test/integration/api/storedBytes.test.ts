import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readStoredBytes } from '../../../db/chats/ownerLimits.js';
import { base64, chunk, png, text } from '../../support/cards/pngs.js';
import { v3 } from '../../support/cards/shapes.js';
import { sender } from '../../support/chats/narrativeApi.js';
import { startTestApi, type TestApi } from '../../support/service/api.js';

const MAX = 1_000_000;
/** A tenth of what an owner may store. */
const body = 'x'.repeat(MAX / 10);
const refused = { status: 409, body: { code: 'limit_reached', detail: `storedBytes: there may be at most ${MAX}` } };

let api: TestApi;
beforeAll(async () => {
  const keys = ['ann', 'ben', 'cleo', 'dora', 'eve', 'finn'].map((owner) => `k-${owner}:${owner}`).join(',');
  const env = { API_KEYS: keys, STORED_BYTES_PER_OWNER: String(MAX), DATABASE_POOL: '25' };
  api = await startTestApi({ env });
}, 60_000);
afterAll(() => api?.close());

const as =
  (who: string) =>
  (method: string, path: string, wish?: unknown, headers: Record<string, string> = {}) =>
    sender(() => api)(method, path, wish, { authorization: `Bearer k-${who}`, ...headers });

async function stored(owner: string): Promise<number> {
  const { rows } = await api.database.pool.query<{ bytes: number }>(
    `select coalesce((select sum(octet_length(body)) from documents where owner = $1), 0)::float8
       + coalesce((select sum(log_bytes) from chats where owner = $1), 0)::float8
       + coalesce((select sum(size) from attachments where owner = $1), 0)::float8
       + coalesce((select sum(octet_length(persona) + coalesce(octet_length(greeting), 0)
           + coalesce((select octet_length(card::text) from character_cards where character_id = c.id), 0)
           + coalesce((select octet_length(bytes) from character_avatars where character_id = c.id), 0))
           from characters c where owner = $1), 0)::float8 as bytes`,
    [owner],
  );
  return rows[0]!.bytes;
}

test('an owner stores no more documents than it has room for, with 50 requests in parallel, and others are not affected', async () => {
  const create = () => as('ann')('POST', '/v1/documents', { title: 'T', body });
  const answers = await Promise.all(Array.from({ length: 50 }, create));
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(10);
  expect(answers.filter(({ status }) => status === 409)).toHaveLength(40);
  expect(answers.find(({ status }) => status === 409)).toMatchObject(refused);
  expect(await stored('ann')).toBe(MAX);
  expect((await as('ben')('POST', '/v1/documents', { title: 'T', body })).status).toBe(201);
}, 60_000);

test('an owner without room may shorten a document and write that much again, but not more', async () => {
  const { body: list } = await as('ann')('GET', '/v1/documents');
  const path = `/v1/documents/${list.items[0]?.id}`;
  const edit = (version: number, text: string) =>
    as('ann')('PUT', path, { body: text }, { 'if-match': `"${version}"` });
  expect(await edit(1, `${body}!`)).toMatchObject(refused);
  expect((await edit(1, body.slice(10))).status).toBe(200);
  expect((await edit(2, body)).status).toBe(200);
  expect(await stored('ann')).toBe(MAX);
});

test('an owner without room can post no turn and no artifact, fork or import no chat, and upload nothing', async () => {
  const cleo = as('cleo');
  const { body: chat } = await cleo('POST', '/v1/chats', { kind: 'agent' });
  const path = `/v1/chats/${chat.id}`;
  const cite = (text: string) => cleo('POST', `${path}/events`, { kind: 'citations', data: { citations: [{ text }] } });
  for (let n = 0; n < 9; n++) expect((await cite(body)).status).toBe(201);
  const exported = await (
    await fetch(`${api.url}${path}/export`, { headers: { authorization: 'Bearer k-cleo' } })
  ).text();
  expect(await cleo('POST', `${path}/fork`, { atSeq: 10 })).toMatchObject(refused);
  const send = (target: string, type: string, bytes: string) =>
    fetch(api.url + target, {
      method: 'POST',
      headers: { authorization: 'Bearer k-cleo', 'content-type': type },
      body: bytes,
    });
  const imported = await send('/v1/chats/import', 'application/x-ndjson', exported);
  expect([imported.status, await imported.json()]).toMatchObject([409, refused.body]);
  expect((await cite(body)).status).toBe(409);
  expect(await cleo('POST', `${path}/turns`, { text: body })).toMatchObject(refused);
  expect((await send('/v1/attachments', 'text/plain', body)).status).toBe(409);
  // The chat is read and written as before, as long as there is room.
  expect((await cleo('POST', `${path}/turns`, { text: 'A word.' })).status).toBe(202);
  expect((await cleo('GET', '/v1/chats')).body.items).toHaveLength(1);
  expect(await stored('cleo')).toBeLessThanOrEqual(MAX);

  expect((await cleo('DELETE', path)).status).toBe(204);
  expect((await send('/v1/chats/import', 'application/x-ndjson', exported)).status).toBe(201);
}, 60_000);

test('an owner without room begins no conversation of another protocol with earlier messages, and adds none to one', async () => {
  const item = (text: string) => ({ type: 'message', role: 'user', content: text });
  const openai = (path: string, wish: object) =>
    fetch(`${api.url}/openai/v1/conversations${path}`, {
      method: 'POST',
      headers: { authorization: 'Bearer k-dora', 'content-type': 'application/json' },
      body: JSON.stringify(wish),
    });
  const items = Array.from({ length: 8 }, () => item(body));
  const begun = await openai('', { items });
  expect(begun.status).toBe(200);
  const { id } = (await begun.json()) as { id: string };
  for (const answer of [await openai('', { items }), await openai(`/${id}/items`, { items: items.slice(0, 3) })]) {
    expect([answer.status, await answer.json()]).toMatchObject([409, { error: { code: 'limit_reached' } }]);
  }
  expect((await openai(`/${id}/items`, { items: items.slice(0, 1) })).status).toBe(200);
  expect(await stored('dora')).toBeLessThanOrEqual(MAX);
}, 60_000);

/** What the triggers have counted. */
const counted = (owner: string): Promise<number> => readStoredBytes(api.database.pool, owner);

/** A PNG of so many bytes and a few more. */
const image = (bytes: number) => png(chunk('prVt', Buffer.alloc(bytes, 'x')));

const sendBytes = async (who: string, method: string, path: string, type: string, bytes: Buffer) => {
  const headers = { authorization: `Bearer k-${who}`, 'content-type': type };
  const response = await fetch(api.url + path, { method, headers, body: new Uint8Array(bytes) });
  return { status: response.status, body: (await response.json()) as { id: string; code?: string } };
};

test('avatars, cards and texts of characters count as stored bytes, and what is deleted or replaced by less no longer does', async () => {
  const eve = as('eve');
  const persona = 'x'.repeat(100_000);
  const { body: mira } = await eve('POST', '/v1/characters', { name: 'Mira', persona });
  const path = `/v1/characters/${mira.id}`;
  const put = (bytes: number) => sendBytes('eve', 'PUT', `${path}/avatar`, 'image/png', image(bytes));
  expect((await put(800_000)).status).toBe(200);
  expect((await put(950_000)).body.code).toBe('limit_reached');
  expect(await eve('PATCH', path, { greeting: 'y'.repeat(150_000) })).toMatchObject(refused);
  expect(await eve('POST', '/v1/characters', { name: 'Tomas', persona: 'z'.repeat(150_000) })).toMatchObject(refused);
  const card = png(text('ccv3', base64(v3)), chunk('prVt', Buffer.alloc(150_000)));
  expect((await sendBytes('eve', 'POST', '/v1/characters/import', 'image/png', card)).body.code).toBe('limit_reached');
  expect(await stored('eve')).toBeLessThanOrEqual(MAX);

  expect((await put(600_000)).status).toBe(200);
  expect((await sendBytes('eve', 'POST', '/v1/characters/import', 'image/png', card)).status).toBe(201);
  expect(await eve('PATCH', path, { persona: 'x' })).toMatchObject({ status: 200 });
  expect((await put(750_000)).status).toBe(200);
  expect((await eve('DELETE', `${path}/avatar`)).status).toBe(204);
  expect((await put(750_000)).status).toBe(200);
  expect((await eve('DELETE', path)).status).toBe(204);
  expect((await eve('POST', '/v1/documents', { title: 'T', body: 'x'.repeat(800_000) })).status).toBe(201);
  expect(await counted('eve')).toBe(await stored('eve'));
}, 60_000);

test('the characters, avatars and document of an imported chat need room, and an import that is refused leaves none of them', async () => {
  const finn = as('finn');
  const { body: host } = await finn('POST', '/v1/characters', { name: 'Mira', persona: '' });
  await sendBytes('finn', 'PUT', `/v1/characters/${host.id}/avatar`, 'image/png', image(400_000));
  const { body: chat } = await finn('POST', '/v1/chats', { kind: 'narrative', hostId: host.id });
  const exported = await fetch(`${api.url}/v1/chats/${chat.id}/export`, {
    headers: { authorization: 'Bearer k-finn' },
  });
  const file = Buffer.from(await exported.arrayBuffer());
  const importIt = () => sendBytes('finn', 'POST', '/v1/chats/import', 'application/x-ndjson', file);
  expect((await importIt()).status).toBe(201);
  expect((await importIt()).body.code).toBe('limit_reached');
  expect((await finn('GET', '/v1/characters')).body.items).toHaveLength(2);
  expect(await counted('finn')).toBe(await stored('finn'));
}, 60_000);
