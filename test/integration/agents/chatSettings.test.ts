import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readAgentPrompt } from '../../../db/agents/readAgentPrompt.js';
import { rebuildProjections } from '../../../db/timeline/rebuild/rebuild.js';
import { finishTurn } from '../../../db/turns/finish.js';
import { startTestApi, type TestApi } from '../../support/service/api.js';

type Chat = { id: string; seq: number; settings: Record<string, unknown>; code?: string };

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
}, 60_000);
afterAll(() => api.close());

const create = async (body: object) => (await api.client.send<Chat>('POST', '/v1/chats', body)).body;
const newAgent = (settings: object) => create({ kind: 'agent', ...settings });
const change = (chatId: string, body: object) => api.client.send<Chat>('PATCH', `/v1/chats/${chatId}`, body);
const settingsOf = async (chatId: string) => (await api.client.getChat(chatId)).settings;
const changesOf = async (chatId: string) =>
  (await api.client.events(chatId)).flatMap(({ kind, data }) => (kind === 'chat_settings_changed' ? [data] : []));
const finish = (turnId: string) => finishTurn(api.database.pool, turnId, { status: 'cancelled' });

describe('the settings of an agent chat', () => {
  test('change by PATCH, and the log has what changed and nothing else', async () => {
    const chat = await newAgent({ model: 'small', temperature: 0.5 });
    const changed = await change(chat.id, { model: 'large', temperature: 0.5, enabledTools: [], title: 'Renamed' });
    expect([changed.status, changed.body]).toMatchObject([
      200,
      { title: 'Renamed', settings: { model: 'large', temperature: 0.5, enabledTools: [] } },
    ]);
    await change(chat.id, { model: null });
    await change(chat.id, { model: null });
    expect(await settingsOf(chat.id)).toEqual({ temperature: 0.5, enabledTools: [] });
    expect(await changesOf(chat.id)).toEqual([{ model: 'large', enabledTools: [] }, { model: null }]);
  });

  test('stand beside `settings` too, in each answer that has the chat', async () => {
    const given = { systemPrompt: 'Be brief.', model: 'small', temperature: 0.5, maxIterations: 3, enabledTools: [] };
    const made = await newAgent(given);
    const changed = (await change(made.id, { thinkingEnabled: true, model: null })).body;
    const { model: _, ...others } = given;
    expect(made).toMatchObject({ ...given, settings: given });
    const now = { ...others, thinkingEnabled: true };
    const fork = (await api.client.send<Chat>('POST', `/v1/chats/${made.id}/fork`, { atSeq: changed.seq })).body;
    const listed = await api.client.send<{ items: Chat[] }>('GET', '/v1/chats?limit=1000');
    const exported = await (await fetch(`${api.url}/v1/chats/${made.id}/export`)).text();
    const imported = await fetch(`${api.url}/v1/chats/import`, { method: 'POST', body: exported });
    for (const chat of [
      changed,
      fork,
      await api.client.getChat(made.id),
      listed.body.items.find(({ id }) => id === made.id),
      await imported.json(),
    ]) {
      expect(chat).toMatchObject({ ...now, settings: now });
      expect(chat).not.toHaveProperty('model');
    }
  });

  test('are taken below `settings` too, each in one place', async () => {
    const chat = await newAgent({ model: 'small', settings: { temperature: 0.5, maxIterations: 3 } });
    expect(chat.settings).toEqual({ model: 'small', temperature: 0.5, maxIterations: 3 });
    await change(chat.id, { temperature: 1, settings: { model: 'large', maxIterations: null } });
    expect(await settingsOf(chat.id)).toEqual({ model: 'large', temperature: 1 });
    for (const body of [{ model: 'a', settings: { model: 'b' } }, { settings: { modle: 'a' } }, { settings: 'a' }])
      for (const { status, body: refused } of [
        await change(chat.id, body),
        await api.client.send<Chat>('POST', '/v1/chats', { kind: 'agent', ...body }),
      ])
        expect([status, refused]).toMatchObject([
          400,
          { code: 'invalid_body', detail: expect.stringMatching(/^settings/) },
        ]);
  });

  test('hold from the next turn on: a turn that has begun keeps the ones that it began with', async () => {
    const chat = await newAgent({ systemPrompt: 'Be brief.' });
    const begun = await api.client.postTurn(chat.id, 'One');
    const queued = await api.client.postTurn(chat.id, 'Two');
    await change(chat.id, { systemPrompt: 'Be kind.' });
    await change(chat.id, { systemPrompt: 'Be exact.' });
    const prompts = await Promise.all(
      [begun, queued].map(async ({ id }) => (await readAgentPrompt(api.database.pool, id))?.systemPrompt),
    );
    expect(prompts).toEqual(['Be brief.', 'Be exact.']);
  });

  test('are those of the point that a rewind goes back to, and an undo restores them', async () => {
    const chat = await newAgent({ model: 'a' });
    await change(chat.id, { model: 'b' });
    const point = (await api.client.getChat(chat.id)).seq;
    const turn = await api.client.postTurn(chat.id, 'Hello');
    await finish(turn.id);
    await change(chat.id, { model: 'c', temperature: 1 });
    const at = (toSeq: number) => api.client.send('POST', `/v1/chats/${chat.id}/rewind`, { toSeq });
    await at(point);
    expect(await settingsOf(chat.id)).toEqual({ model: 'b' });
    await api.client.send('POST', `/v1/chats/${chat.id}/rewind/undo`);
    expect(await settingsOf(chat.id)).toEqual({ model: 'c', temperature: 1 });
    await rebuildProjections(api.database.pool, chat.id);
    expect(await settingsOf(chat.id)).toEqual({ model: 'c', temperature: 1 });
    await at(1);
    expect(await settingsOf(chat.id)).toEqual({ model: 'a' });
  });

  test('of a fork are those of the point that it begins from', async () => {
    const chat = await newAgent({ model: 'a' });
    await change(chat.id, { model: 'b' });
    await change(chat.id, { model: 'c' });
    const fork = (atSeq: number) => api.client.send<Chat>('POST', `/v1/chats/${chat.id}/fork`, { atSeq });
    expect((await fork(1)).body.settings).toEqual({ model: 'a' });
    expect((await fork(2)).body.settings).toEqual({ model: 'b' });
    expect((await fork(3)).body.settings).toEqual({ model: 'c' });
  });

  test('refuse providers of others, values out of range, and chats of other kinds', async () => {
    const agent = await newAgent({});
    const narrative = await api.client.newChat();
    const refusal = async (chatId: string, body: object) => {
      const { status, body: problem } = await change(chatId, body);
      return [status, problem.code];
    };
    expect(await refusal(agent.id, { providerId: 'prv_unknown' })).toEqual([404, 'provider_not_found']);
    expect(await refusal(agent.id, { temperature: 3 })).toEqual([400, 'invalid_body']);
    expect(await refusal(agent.id, { sessionId: 'x' })).toEqual([400, 'invalid_body']);
    expect(await refusal(narrative.id, { model: 'x' })).toEqual([409, 'not_agent']);
    expect(await changesOf(agent.id)).toEqual([]);
  });
});
