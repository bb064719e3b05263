import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { readSpeakerCard } from '../../../db/narrative/cards.js';
import { base64, png, text, zipped } from '../../support/cards/pngs.js';
import { shapes, v1, v2, v3 } from '../../support/cards/shapes.js';
import { startTestApi, type TestApi } from '../../support/service/api.js';

jest.setTimeout(120_000);

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ env: { API_KEYS: 'k-ann:ann,k-ben:ben', CHARACTERS_PER_OWNER: '100' } });
}, 120_000);
afterAll(() => api?.close());

type Sent = { body?: Buffer | string; type?: string; who?: string };

async function send(method: string, path: string, { body, type, who = 'ann' }: Sent = {}) {
  const response = await fetch(`${api.url}${path}`, {
    method,
    headers: { authorization: `Bearer k-${who}`, ...(type ? { 'content-type': type } : {}) },
    ...(body === undefined ? {} : { body: new Uint8Array(Buffer.from(body)) }),
  });
  const bytes = Buffer.from(await response.arrayBuffer());
  const isJson = /\bjson\b/.test(response.headers.get('content-type') ?? '');
  return {
    status: response.status,
    headers: response.headers,
    bytes,
    body: isJson ? JSON.parse(bytes.toString()) : null,
  };
}
const importCard = (file: Buffer, type = 'application/json', who = 'ann') =>
  send('POST', '/v1/characters/import', { body: file, type, who });
const asFile = (value: unknown) => Buffer.from(JSON.stringify(value));
const cardOf = async (id: string) => (await send('GET', `/v1/characters/${id}/card`)).body;

describe('a character card', () => {
  // The others differ from these only before they are stored.
  const stored = shapes.filter(({ title }) =>
    ['V1, plain', 'a name in other scripts', 'NUL and half surrogates', 'a PNG with both, in which ccv3 wins'].includes(
      title,
    ),
  );

  test.each(stored)(
    'becomes a character, and its export is imported as the same: $title',
    async ({ title, file, type, name }) => {
      const made = await importCard(file, type);
      expect({ title, status: made.status, name: made.body.name }).toEqual({
        title,
        status: 201,
        name: name ?? 'Mira',
      });
      expect(made.headers.get('location')).toBe(`/v1/characters/${made.body.id}`);
      expect((await send('GET', `/v1/characters/${made.body.id}`)).body).toEqual(made.body);
      const card = await cardOf(made.body.id);
      const again = await importCard(asFile(card));
      expect({ title, card: await cardOf(again.body.id) }).toEqual({ title, card });
      for (const { id } of [made.body, again.body]) await send('DELETE', `/v1/characters/${id}`);
    },
  );

  test('is imported with patterns that can not be searched for, which the answer names', async () => {
    const entry = { keys: ['lamps?', '(?<=a)b'], content: 'x', extensions: {}, enabled: true, insertion_order: 0 };
    const character_book = { extensions: {}, entries: [{ ...entry, use_regex: true }] };
    const made = await importCard(asFile({ ...v3, data: { ...v3.data, character_book } }));
    expect(made).toMatchObject({
      status: 201,
      body: {
        warnings: [{ path: 'data.character_book.entries.0.keys.1', reason: expect.stringContaining('pattern') }],
      },
    });
    expect((await send('GET', `/v1/characters/${made.body.id}`)).body).not.toHaveProperty('warnings');
  });

  test('keeps what no program knows, and what was changed since', async () => {
    const wish = { ...v3, mine: [1, null], data: { ...v3.data, unknown: { deep: ['x', 1.5] } } };
    const { body } = await importCard(asFile(wish));
    expect(body).toMatchObject({ name: 'Mira', greeting: v1.first_mes, hasAvatar: false });
    expect(await cardOf(body.id)).toEqual(wish);
    const change = JSON.stringify({ persona: 'Sails.', greeting: null });
    await send('PATCH', `/v1/characters/${body.id}`, { body: change, type: 'application/json' });
    expect((await cardOf(body.id)).data).toEqual({
      ...wish.data,
      description: 'Sails.',
      personality: '',
      scenario: '',
      first_mes: '',
    });
  });

  test('gives prompts its own texts and its lorebook', async () => {
    const { body } = await importCard(asFile(v3));
    expect(await readSpeakerCard(api.database.pool, body.id)).toEqual({
      systemPrompt: v3.data.system_prompt,
      postHistoryInstructions: 'Stay brief.',
      examples: v1.mes_example,
      book: v3.data.character_book,
    });
    const plain = await importCard(asFile(v1));
    expect(await readSpeakerCard(api.database.pool, plain.body.id)).toMatchObject({ book: null });
  });

  test('that is broken is refused with the place, and makes no character', async () => {
    const before = (await send('GET', '/v1/characters')).body.items.length;
    const refused = await importCard(asFile({ ...v2, data: { ...v2.data, tags: 3 } }));
    expect(refused).toMatchObject({
      status: 400,
      body: { code: 'invalid_card', detail: 'data.tags: must be a list of texts' },
    });
    expect(await importCard(Buffer.alloc(0))).toMatchObject({ status: 400, body: { code: 'invalid_card' } });
    const bomb = await importCard(png(zipped('chara', 'A'.repeat(30_000_000))), 'image/png');
    expect(bomb).toMatchObject({
      status: 400,
      body: { code: 'invalid_card', detail: expect.stringMatching(/^png: /) },
    });
    const other = await importCard(Buffer.from('hello'), 'text/plain');
    expect(other).toMatchObject({ status: 415, body: { code: 'unsupported_media_type' } });
    const large = await importCard(Buffer.alloc(10 * 1024 * 1024 + 1, ' '));
    expect(large).toMatchObject({
      status: 413,
      body: { code: 'body_too_large', detail: 'The body is larger than 10 MiB' },
    });
    expect((await send('GET', '/v1/characters')).body.items).toHaveLength(before);
  });

  test('is made of any character, and is read by its owner only', async () => {
    const wish = { name: 'Tomas', persona: 'A ferryman.', greeting: 'Aboard!' };
    const { body } = await send('POST', '/v1/characters', { body: JSON.stringify(wish), type: 'application/json' });
    expect(await cardOf(body.id)).toMatchObject({
      spec: 'chara_card_v3',
      spec_version: '3.0',
      data: { name: 'Tomas', description: 'A ferryman.', first_mes: 'Aboard!', tags: [], extensions: {} },
    });
    for (const path of ['card', 'avatar']) {
      expect(await send('GET', `/v1/characters/${body.id}/${path}`, { who: 'ben' })).toMatchObject({
        status: 404,
        body: { code: 'character_not_found' },
      });
    }
    expect((await send('GET', `/v1/characters/${body.id}/card?format=png`)).body).toMatchObject({
      code: 'avatar_not_found',
    });
    expect((await send('GET', `/v1/characters/${body.id}/card?format=zip`)).status).toBe(400);
  });
});

describe('an avatar', () => {
  const newCharacter = async () => (await importCard(asFile({ name: 'Mira' }))).body.id as string;
  const jpeg = Buffer.from('ffd8ffe000104a464946', 'hex');

  test('is the image of an imported card, which is exported with the card in it', async () => {
    const { body } = await importCard(png(text('chara', base64(v2)), text('ccv3', base64(v3))), 'image/png');
    expect(body.hasAvatar).toBe(true);
    const avatar = await send('GET', `/v1/characters/${body.id}/avatar`);
    expect(avatar.bytes).toEqual(png());
    expect(Object.fromEntries(avatar.headers)).toMatchObject({
      'content-type': 'image/png',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
    });
    const file = await send('GET', `/v1/characters/${body.id}/card?format=png`);
    expect(file.headers.get('content-type')).toBe('image/png');
    const again = await importCard(file.bytes, 'image/png');
    expect(await cardOf(again.body.id)).toEqual(v3);
  });

  test('is uploaded, replaced, listed, removed, and deleted with its character', async () => {
    const id = await newCharacter();
    const path = `/v1/characters/${id}/avatar`;
    expect(await send('GET', path)).toMatchObject({ status: 404, body: { code: 'avatar_not_found' } });
    const put = await send('PUT', path, { body: png(), type: 'image/png' });
    expect(put).toMatchObject({ status: 200, body: { id, hasAvatar: true } });
    expect((await send('PUT', path, { body: jpeg, type: 'image/jpeg' })).status).toBe(200);
    expect((await send('GET', path)).bytes).toEqual(jpeg);
    const listed = (await send('GET', '/v1/characters?limit=1000')).body.items as { id: string; hasAvatar: boolean }[];
    expect(listed.find((item) => item.id === id)?.hasAvatar).toBe(true);
    expect((await send('DELETE', path)).status).toBe(204);
    expect((await send('GET', `/v1/characters/${id}`)).body.hasAvatar).toBe(false);
    await send('PUT', path, { body: png() });
    expect((await send('DELETE', `/v1/characters/${id}`)).status).toBe(204);
    const { rows } = await api.database.pool.query('select from character_avatars where character_id = $1', [id]);
    expect(rows).toEqual([]);
  });

  test.each([
    ['an SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), 'image/svg+xml', 415],
    ['a JPEG that says it is a PNG', jpeg, 'image/png', 415],
    ['a page that says it is a PNG', Buffer.from('<script>1</script>'), 'image/png', 415],
    ['a PNG that is cut', png().subarray(0, 40), 'image/png', 415],
    ['nothing', Buffer.alloc(0), 'image/png', 415],
    ['larger than 2 MiB', Buffer.concat([jpeg, Buffer.alloc(2 * 1024 * 1024)]), 'image/jpeg', 413],
  ])('that is %s is refused', async (_, body, type, status) => {
    const id = await newCharacter();
    expect((await send('PUT', `/v1/characters/${id}/avatar`, { body, type })).status).toBe(status);
    expect((await send('GET', `/v1/characters/${id}`)).body.hasAvatar).toBe(false);
  });

  test('of the character of another owner can be neither set nor removed', async () => {
    const id = await newCharacter();
    const path = `/v1/characters/${id}/avatar`;
    expect((await send('PUT', path, { body: png(), type: 'image/png', who: 'ben' })).status).toBe(404);
    expect((await send('DELETE', path, { who: 'ben' })).status).toBe(404);
  });
});
