import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readPromptInput } from '../../../db/narrative/readPrompt.js';
import { readTurnContext } from '../../../db/narrative/turnContext.js';
import { landReply } from '../../../db/streaming/landReply.js';
import { acquireReplyLease } from '../../../db/streaming/leases.js';
import { finishTurn } from '../../../db/turns/finish.js';
import { earlier } from '../../../domain/classifiers/material.js';
import { narrativePrompt } from '../../../domain/narrative/prompt.js';
import { sender } from '../../support/chats/narrativeApi.js';
import { expectFolded, readTranscript, tellStory } from '../../support/chats/timeline.js';
import { startTestApi, type TestApi } from '../../support/service/api.js';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
}, 60_000);
afterAll(() => api.close());

const send = sender(() => api);
const contents = async (chatId: string) => (await api.client.messages(chatId)).items.map((message) => message.content);

async function newChat(greeting: string | null, more: Record<string, unknown> = {}) {
  const { body: host } = await send('POST', '/v1/characters', { name: 'Mira', persona: 'Keeps an inn.', greeting });
  const { body: chat } = await send('POST', '/v1/chats', { kind: 'narrative', hostId: host.id, ...more });
  return { chatId: chat.id as string, hostId: host.id as string };
}

/** A turn whose reply is written by hand; the api of the test has no worker. */
async function say(chatId: string, hostId: string, text: string, reply: string) {
  const turn = await api.client.postTurn(chatId, text);
  const key = { turnId: turn.id, beat: 0 };
  const lease = await acquireReplyLease(api.database.pool, key, { speakerId: hostId });
  if (lease.state !== 'held') throw new Error(`the draft is ${lease.state}`);
  await landReply(api.database.pool, key, lease.fence, { text: reply, truncated: false, model: 'test' });
  await finishTurn(api.database.pool, turn.id, { status: 'completed' });
  return turn;
}

const limits = { soft: 4_000, hard: 8_000, countTokens: (text: string) => Math.ceil(text.length / 4) };

describe('the greeting of a character in a new chat', () => {
  it('is the first reply in the log and the first message', async () => {
    const { chatId, hostId } = await newChat('Tea or rum?', { scene: { container: 'the inn' } });
    const events = await api.client.events(chatId);
    expect(events.map(({ kind }) => kind)).toEqual(['chat_created', 'scene_opened', 'assistant_turn']);
    expect(events[2]).toMatchObject({
      turnId: null,
      data: { speakerId: hostId, beat: 0, text: 'Tea or rum?', truncated: false, userTurnSeq: null },
    });
    const { items } = await api.client.messages(chatId);
    expect(items).toHaveLength(1);
    expect(items[0]).toMatchObject({ role: 'assistant', content: 'Tea or rum?', speakerId: hostId, truncated: false });
    expect((await api.client.getChat(chatId)).seq).toBe(3);
  });

  it.each([null, '', '  \n'])('is no event where the character has none: %j', async (greeting) => {
    const { chatId } = await newChat(greeting);
    expect((await api.client.events(chatId)).map(({ kind }) => kind)).toEqual(['chat_created']);
    expect(await contents(chatId)).toEqual([]);
  });

  it("has the names of the user and the character, as they are at the chat's beginning", async () => {
    await send('PUT', '/v1/you', { name: 'Robin $&', persona: '' });
    const { chatId, hostId } = await newChat('{{Char}} nods at {{user}}.');
    await send('PATCH', `/v1/characters/${hostId}`, { name: 'Vera', greeting: 'Another.' });
    expect(await contents(chatId)).toEqual(['Mira nods at Robin $&.']);
  });

  it("is a line of the character in the reply's prompt and in the material of classifiers", async () => {
    const { chatId, hostId } = await newChat('Tea or rum?');
    const { id } = await api.client.postTurn(chatId, 'The second, please.');
    const input = await readPromptInput(api.database.pool, { turnId: id, beat: 0, speakerId: hostId });
    expect(narrativePrompt(input!, limits).slice(1)).toEqual([
      { role: 'assistant', content: 'Tea or rum?' },
      { role: 'user', content: 'The second, please.' },
    ]);
    const context = await readTurnContext(api.database.pool, id);
    expect(earlier(context!)).toBe('Before this:\nMira: Tea or rum?');
  });

  it('is among the lines of the scene that it was said in', async () => {
    const { chatId, hostId } = await newChat('Tea or rum?', { scene: { container: 'the inn' } });
    const turn = await say(chatId, hostId, 'Rum.', 'Here.');
    const { items } = (await send('GET', `/v1/chats/${chatId}/scenes`)).body;
    const context = await readTurnContext(api.database.pool, turn.id, String(items[0]?.id));
    expect(context?.sceneBeats.map(({ text }) => text)).toEqual(['Tea or rum?', 'Rum.', 'Here.']);
  });

  it('is read by pages of any size, from either end, before and after turns', async () => {
    const { chatId, hostId } = await newChat('Tea or rum?');
    expect(await readTranscript(api.database.pool, chatId)).toHaveLength(1);
    await say(chatId, hostId, 'Rum.', 'Here.');
    const messages = await readTranscript(api.database.pool, chatId);
    expect(messages.map(({ content }) => content)).toEqual(['Tea or rum?', 'Rum.', 'Here.']);
    const page = (cursor: unknown) => send('GET', `/v1/chats/${chatId}/messages?limit=1&cursor=${cursor}`);
    const first = (await send('GET', `/v1/chats/${chatId}/messages?limit=1`)).body;
    expect(first.items).toMatchObject([{ content: 'Tea or rum?', id: first.next }]);
    expect((await page(first.next)).body.items).toMatchObject([{ content: 'Rum.' }]);
  });

  it('is part of a fork of any later point, and not of one of an earlier point', async () => {
    const { chatId, hostId } = await newChat('Tea or rum?');
    await say(chatId, hostId, 'Rum.', 'Here.');
    const { seq } = await api.client.getChat(chatId);
    const fork = async (atSeq: number) => {
      const { body } = await send('POST', `/v1/chats/${chatId}/fork`, { atSeq });
      const story = tellStory(api.database.pool, { chatId: String(body.id), hostId });
      await expectFolded(api.database.pool, story);
      return story;
    };
    expect(await (await fork(1)).spoken()).toEqual([]);
    expect(await (await fork(2)).spoken()).toEqual(['Tea or rum?']);
    const copy = await fork(seq);
    expect(await copy.spoken()).toEqual(['Tea or rum?', 'Rum.', 'Here.']);
    const { id } = await api.client.postTurn(copy.chatId, 'More.');
    const context = await readTurnContext(api.database.pool, id);
    expect(context?.dialogue.map(({ text }) => text)).toEqual(['Tea or rum?', 'Rum.', 'Here.']);
  });

  it('stays when the chat is rewound to it, leaves with a rewind before it, and comes back when that is undone', async () => {
    const { chatId, hostId } = await newChat('Tea or rum?');
    await say(chatId, hostId, 'Rum.', 'Here.');
    const story = tellStory(api.database.pool, { chatId, hostId });
    const rewind = (toSeq: number) => send('POST', `/v1/chats/${chatId}/rewind`, { toSeq });
    expect((await rewind(2)).status).toBe(200);
    expect(await story.spoken()).toEqual(['Tea or rum?']);
    await send('POST', `/v1/chats/${chatId}/rewind/undo`);
    expect((await rewind(1)).status).toBe(200);
    expect(await story.spoken()).toEqual([]);
    await expectFolded(api.database.pool, story);
    await send('POST', `/v1/chats/${chatId}/rewind/undo`);
    expect(await story.spoken()).toEqual(['Tea or rum?', 'Rum.', 'Here.']);
    await expectFolded(api.database.pool, story);
  });

  it('stays while the reply to the first turn is regenerated, and can not be regenerated itself', async () => {
    const { chatId, hostId } = await newChat('Tea or rum?');
    const { items } = await api.client.messages(chatId);
    const id = encodeURIComponent(String((items[0] as { id?: string }).id));
    expect(await send('POST', `/v1/turns/${id}/regenerate`)).toMatchObject({
      status: 404,
      body: { code: 'turn_not_found' },
    });
    const turn = await say(chatId, hostId, 'Rum.', 'Here.');
    const story = tellStory(api.database.pool, { chatId, hostId });
    await story.sayAgain(turn.id, 'There.');
    expect(await story.spoken()).toEqual(['Tea or rum?', 'Rum.', 'There.']);
    await expectFolded(api.database.pool, story);
  });
});
