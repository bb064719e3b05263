import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { finishTurn } from '../../../db/turns/finish.js';
import { newGuestChat, sender } from '../../support/chats/narrativeApi.js';
import { startTestApi, type TestApi } from '../../support/service/api.js';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
}, 60_000);
afterAll(() => api.close());

const send = sender(() => api);
const newCharacter = () => api.client.createCharacter();
const kindsOf = async (chatId: string) => (await api.client.events(chatId)).map((event) => event.kind);
const nobody = 'chr_0190d7e2-0000-7000-8000-000000000000';

describe('a chat with a guest', () => {
  it('shows its guest', async () => {
    const { chat, path, guestId } = await newGuestChat(api);
    expect(chat).toMatchObject({ guestId });
    expect((await send('GET', path)).body).toMatchObject({ guestId });
    const listed = await send('GET', '/v1/chats?limit=1000');
    expect(listed.body.items.find((item) => item.id === chat.id)).toMatchObject({ guestId });
  });

  it('shows null without a guest', async () => {
    const chat = await api.client.newChat();
    expect(chat).toMatchObject({ guestId: null });
    const { chat: asked } = await newGuestChat(api, { guestId: null });
    expect(asked).toMatchObject({ guestId: null });
  });

  it('is refused with a guest that does not exist or is the host', async () => {
    const host = await newCharacter();
    for (const guestId of [nobody, '', 'nobody']) {
      const answer = await send('POST', '/v1/chats', { kind: 'narrative', hostId: host.id, guestId });
      expect(answer).toMatchObject({ status: 404, body: { code: 'character_not_found' } });
      expect(answer.body.detail).toContain('guestId');
    }
    const answer = await send('POST', '/v1/chats', { kind: 'narrative', hostId: host.id, guestId: host.id });
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_body' } });
    expect(answer.body.detail).toContain('guestId');
  });

  it('is refused for a host that does not exist, which the error names', async () => {
    const guest = await newCharacter();
    const answer = await send('POST', '/v1/chats', { kind: 'narrative', hostId: nobody, guestId: guest.id });
    expect(answer).toMatchObject({ status: 404, body: { code: 'character_not_found' } });
    expect(answer.body.detail).toContain('hostId');
  });
});

describe('the guest of a chat', () => {
  it('is set, replaced and cleared, and the log has the cleared one', async () => {
    const chat = await api.client.newChat();
    const path = `/v1/chats/${chat.id}`;
    const [one, two] = [await newCharacter(), await newCharacter()];
    expect((await send('PATCH', path, { guestId: one.id })).body).toMatchObject({ guestId: one.id });
    expect(await kindsOf(chat.id)).toEqual(['chat_created']);
    expect((await send('PATCH', path, { guestId: two.id, title: 'Two' })).body).toMatchObject({
      guestId: two.id,
      title: 'Two',
    });
    expect((await send('PATCH', path, { guestId: null })).body).toMatchObject({ guestId: null, title: 'Two' });
    expect((await send('PATCH', path, { guestId: null })).status).toBe(200);
    const cleared = (await api.client.events(chat.id)).filter((event) => event.kind === 'guest_cleared');
    expect(cleared.map((event) => event.data)).toEqual([{ guestId: one.id }, { guestId: two.id }]);
    expect(cleared.every((event) => event.turnId === null)).toBe(true);
  });

  it('may be set and cleared again', async () => {
    const { path, chat, guestId } = await newGuestChat(api);
    for (const next of [null, guestId, null]) {
      expect((await send('PATCH', path, { guestId: next })).status).toBe(200);
    }
    expect(await kindsOf(chat.id)).toEqual(['chat_created', 'scene_opened', 'guest_cleared', 'guest_cleared']);
  });

  it('cannot be a character that does not exist, nor the host', async () => {
    const { path, hostId, guestId } = await newGuestChat(api);
    expect(await send('PATCH', path, { guestId: nobody, title: 'no' })).toMatchObject({
      status: 404,
      body: { code: 'character_not_found' },
    });
    expect(await send('PATCH', path, { guestId: hostId })).toMatchObject({
      status: 400,
      body: { code: 'invalid_body' },
    });
    expect((await send('GET', path)).body).toMatchObject({ guestId, title: null });
  });

  it('cannot be changed while a turn runs, although the title can', async () => {
    const { path, chat, guestId } = await newGuestChat(api);
    const turn = await api.client.postTurn(chat.id, 'Hello, both.');
    const other = await newCharacter();
    for (const next of [null, other.id]) {
      expect(await send('PATCH', path, { guestId: next, title: 'no' })).toMatchObject({
        status: 409,
        body: { code: 'turn_in_progress' },
      });
    }
    expect((await send('PATCH', path, { title: 'yes', guestId })).body).toMatchObject({ title: 'yes', guestId });
    await finishTurn(api.database.pool, turn.id, { status: 'completed' });
    expect((await send('PATCH', path, { guestId: other.id })).body).toMatchObject({ guestId: other.id });
  });

  it('cannot be changed in a chat that does not exist', async () => {
    const answer = await send('PATCH', '/v1/chats/chat_x', { guestId: null });
    expect(answer).toMatchObject({ status: 404, body: { code: 'chat_not_found' } });
  });
});

describe('a character that is deleted', () => {
  it('is cleared from every chat in which it is the guest, also while a turn runs', async () => {
    const { chat, path, guestId } = await newGuestChat(api);
    const second = await newGuestChat(api, { guestId });
    await api.client.postTurn(second.chat.id, 'Is Tomas there?');
    expect((await send('DELETE', `/v1/characters/${guestId}`)).status).toBe(204);
    for (const chatPath of [path, second.path]) {
      expect((await send('GET', chatPath)).body).toMatchObject({ guestId: null });
    }
    for (const id of [chat.id, second.chat.id]) {
      const last = (await api.client.events(id)).at(-1);
      expect(last).toMatchObject({ kind: 'guest_cleared', turnId: null, data: { guestId } });
    }
  });

  it('is refused while it hosts a chat, and stays a guest in others', async () => {
    const { path, chat, guestId } = await newGuestChat(api);
    await api.client.createChat(guestId);
    const refused = await send('DELETE', `/v1/characters/${guestId}`);
    expect(refused).toMatchObject({ status: 409, body: { code: 'character_in_use' } });
    expect((await send('GET', path)).body).toMatchObject({ guestId });
    expect(await kindsOf(chat.id)).toEqual(['chat_created', 'scene_opened']);
  });

  it('is a guest of no chat when it is deleted and set as guest at the same moment', async () => {
    for (let round = 0; round < 10; round++) {
      const guest = await newCharacter();
      const chats = [await api.client.newChat(), await api.client.newChat(), await api.client.newChat()];
      const made = chats.map((chat) => send('PATCH', `/v1/chats/${chat.id}`, { guestId: guest.id }));
      const deleted = send('DELETE', `/v1/characters/${guest.id}`);
      for (const { status } of await Promise.all(made)) expect([200, 404]).toContain(status);
      expect((await deleted).status).toBe(204);
      for (const chat of chats) expect((await send('GET', `/v1/chats/${chat.id}`)).body.guestId).toBeNull();
    }
  });
});
