import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { startTestApi, type TestApi } from '../../support/service/api.js';

jest.setTimeout(20_000);

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
}, 60_000);
afterAll(() => api.close());

const send = (method: string, path: string, body?: unknown) =>
  api.client.send<Record<string, unknown> & { items: Record<string, unknown>[]; next: string | null }>(
    method,
    path,
    body,
  );
const newHost = () => api.client.createCharacter();

describe('the user’s own character', () => {
  it('has a default name, and keeps the one that it is given', async () => {
    expect((await send('GET', '/v1/you')).body).toEqual({ id: 'you', name: 'You', persona: '' });
    const put = await send('PUT', '/v1/you', { name: 'Robin', persona: 'A traveller.' });
    expect(put).toMatchObject({ status: 200, body: { id: 'you', name: 'Robin', persona: 'A traveller.' } });
    await send('PUT', '/v1/you', { name: 'Sam', persona: '' });
    expect((await send('GET', '/v1/you')).body).toEqual({ id: 'you', name: 'Sam', persona: '' });
  });
});

describe('a character', () => {
  it('is created with a Location, changed field by field, and deleted', async () => {
    const made = await send('POST', '/v1/characters', { name: 'Mira', persona: 'Keeps a lighthouse.' });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ name: 'Mira', persona: 'Keeps a lighthouse.', greeting: null });
    const path = String(made.headers.get('location'));
    expect(path).toBe(`/v1/characters/${made.body.id}`);
    expect((await send('GET', path)).body).toEqual(made.body);

    const greeted = await send('PATCH', path, { greeting: 'Come in.' });
    expect(greeted.body).toMatchObject({ name: 'Mira', greeting: 'Come in.' });
    const renamed = await send('PATCH', path, { name: 'Vera', greeting: null });
    expect(renamed.body).toMatchObject({ name: 'Vera', persona: 'Keeps a lighthouse.', greeting: null });

    expect((await send('DELETE', path)).status).toBe(204);
    expect(await send('GET', path)).toMatchObject({ status: 404, body: { code: 'character_not_found' } });
    expect(await send('DELETE', path)).toMatchObject({ status: 404, body: { code: 'character_not_found' } });
  });

  it('that hosts a chat cannot be deleted before the chat', async () => {
    const host = await newHost();
    const chat = await api.client.createChat(host.id);
    const refused = await send('DELETE', `/v1/characters/${host.id}`);
    expect(refused).toMatchObject({ status: 409, body: { code: 'character_in_use' } });
    expect((await send('DELETE', `/v1/chats/${chat.id}`)).status).toBe(204);
    expect((await send('DELETE', `/v1/characters/${host.id}`)).status).toBe(204);
  });
});

describe('a chat', () => {
  it('begins with its first events and its scene', async () => {
    const host = await newHost();
    const made = await send('POST', '/v1/chats', {
      kind: 'narrative',
      title: 'Storm',
      hostId: host.id,
      scene: { container: 'The lamp room' },
    });
    expect(made.status).toBe(201);
    expect(made.headers.get('location')).toBe(`/v1/chats/${made.body.id}`);
    expect(made.body).toMatchObject({
      kind: 'narrative',
      title: 'Storm',
      hostId: host.id,
      seq: 2,
      activeTurnId: null,
      queue: [],
    });
    const events = await api.client.events(String(made.body.id));
    expect(events.map((event) => event.kind)).toEqual(['chat_created', 'scene_opened']);
    const scenes = await send('GET', `/v1/chats/${made.body.id}/scenes`);
    expect(scenes.body).toMatchObject({ items: [{ container: 'The lamp room', openedSeq: 2 }], next: null });
  });

  it('can be given another title or none', async () => {
    const chat = await api.client.newChat();
    const path = `/v1/chats/${chat.id}`;
    expect((await send('PATCH', path, { title: 'New' })).body).toMatchObject({ title: 'New', seq: 1 });
    expect((await send('PATCH', path, {})).body).toMatchObject({ title: 'New' });
    expect((await send('PATCH', path, { title: null })).body).toMatchObject({ title: null });
  });

  it('that is deleted is gone, with its log and its turns', async () => {
    const chat = await api.client.newChat();
    const turn = await api.client.postTurn(chat.id, 'Hello?');
    expect((await send('DELETE', `/v1/chats/${chat.id}`)).status).toBe(204);
    expect(await send('GET', `/v1/chats/${chat.id}`)).toMatchObject({ status: 404, body: { code: 'chat_not_found' } });
    expect(await send('GET', `/v1/turns/${turn.id}`)).toMatchObject({ status: 404, body: { code: 'turn_not_found' } });
    expect((await send('DELETE', `/v1/chats/${chat.id}`)).status).toBe(404);
  });

  it('of kind relay is refused without a configured upstream', async () => {
    const answer = await send('POST', '/v1/chats', { kind: 'relay', persona: 'guide' });
    expect(answer).toMatchObject({ status: 400, body: { code: 'kind_not_available' } });
    expect(answer.body.detail).toContain('UPSTREAM_BASE_URL');
  });

  it('is refused with a host that does not exist', async () => {
    for (const hostId of ['chr_0190d7e2-0000-7000-8000-000000000000', '', 'nobody']) {
      const answer = await send('POST', '/v1/chats', { kind: 'narrative', hostId });
      expect(answer).toMatchObject({ status: 404, body: { code: 'character_not_found' } });
    }
  });
});

describe('a list of the api', () => {
  it('is ordered oldest first, and its pages have every item once', async () => {
    const before = (await send('GET', '/v1/characters?limit=1000')).body.items.length;
    const made = [];
    for (let i = 0; i < 5; i++) made.push((await newHost()).id);
    const seen: unknown[] = [];
    let path = '/v1/characters?limit=2';
    for (let pages = 0; pages < 50; pages++) {
      const { body } = await send('GET', path);
      expect(body.items.length).toBeLessThanOrEqual(2);
      seen.push(...body.items.map((item) => item.id));
      if (body.next === null) break;
      path = `/v1/characters?limit=2&cursor=${body.next}`;
    }
    expect(seen).toHaveLength(before + 5);
    expect(seen.slice(-5)).toEqual(made);
  });

  it('of characters leaves out persona and greeting unless `fields=body` asks for them', async () => {
    const fields = { name: 'Ada', persona: 'Counts.', greeting: 'Good day.' };
    const { id } = (await send('POST', '/v1/characters', fields)).body;
    const listed = async (query: string) =>
      (await send('GET', `/v1/characters?limit=1000${query}`)).body.items.find((item) => item.id === id);
    expect(await listed('&fields=body')).toEqual(expect.objectContaining({ id, ...fields }));
    const short = await listed('');
    expect(Object.keys(short ?? {}).sort()).toEqual(['createdAt', 'hasAvatar', 'id', 'name', 'updatedAt']);
    expect(await send('GET', '/v1/characters?fields=all')).toMatchObject({ status: 400 });
  });

  it('ends with next null also when the last page is full', async () => {
    const chat = await api.client.newChat();
    await send('PATCH', `/v1/chats/${chat.id}`, { title: 'x' });
    const page = await send('GET', `/v1/chats/${chat.id}/events?limit=1`);
    expect(page.body).toMatchObject({ items: [{ seq: 1 }], next: null });
  });

  it.each([
    'limit=0',
    'limit=1001',
    'limit=-1',
    'limit=ten',
    'limit=1.5',
    'limit=',
    'cursor=nonsense',
    'limit=1&limit=2',
  ])('refuses ?%s', async (query) => {
    const answer = await send('GET', `/v1/chats?${query}`);
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_query' } });
  });

  it.each(['after=-1', 'after=x', 'after=1e3', 'after=99999999999', 'limit=1001', 'include=all', 'after=%00'])(
    'of events refuses ?%s',
    async (query) => {
      const chat = await api.client.newChat();
      const answer = await send('GET', `/v1/chats/${chat.id}/events?${query}`);
      expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_query' } });
    },
  );
});
