import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readPromptInput } from '../../../db/narrative/readPrompt.js';
import { readChatState } from '../../../db/narrative/turnContext.js';
import { searchMemories } from '../../../db/timeline/searchChat.js';
import { recall } from '../../../domain/narrative/recall.js';
import { append, type GuestChat, newGuestChat, sender } from '../../support/chats/narrativeApi.js';
import { expectFolded, tellStory } from '../../support/chats/timeline.js';
import { startTestApi, type TestApi } from '../../support/service/api.js';

let api: TestApi;
let world: GuestChat;
beforeAll(async () => {
  api = await startTestApi();
  world = await newGuestChat(api);
}, 60_000);
afterAll(() => api.close());

const send = sender(() => api);
const unknownId = 'mem_0190d7e2-0000-7000-8000-000000000000';
const memoriesOf = async ({ path }: Pick<GuestChat, 'path'>) => (await send('GET', `${path}/memories`)).body.items;
const storyOf = ({ chat, hostId }: GuestChat) => tellStory(api.database.pool, { chatId: chat.id, hostId });
const kindsOf = async ({ chat }: GuestChat) => (await api.client.events(chat.id)).map(({ kind }) => kind);

async function write({ path, hostId }: GuestChat, text: string, more: Record<string, unknown> = {}) {
  const { status, body } = await send('POST', `${path}/memories`, { text, witnessIds: [hostId], ...more });
  expect(status).toBe(201);
  return { id: String(body.id), path: `${path}/memories/${body.id}`, body };
}

/** The memories that a character's prompt for a turn has. */
async function recalled(turnId: string, speakerId: string): Promise<string[]> {
  const input = await readPromptInput(api.database.pool, { turnId, beat: 0, speakerId });
  const { remembered, closedScenes, userTurnSeq } = input!;
  return recall(speakerId, { memories: remembered, closedScenes, beforeSeq: userTurnSeq });
}

describe('a memory that a person writes', () => {
  it('is answered as a resource, listed, and in the log once for each witness', async () => {
    const { hostId, guestId, ...chat } = await newGuestChat(api);
    const world = { hostId, guestId, ...chat };
    const { body } = await write(world, 'The key is lost.', {
      witnessIds: [hostId, guestId],
      significance: 2,
      pinned: true,
    });
    expect(body).toEqual({
      id: expect.stringMatching(/^mem_/),
      text: 'The key is lost.',
      sceneId: null,
      witnesses: [hostId, guestId],
      chatClock: 0,
      significance: 2,
      pinned: true,
      at: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    expect(await memoriesOf(world)).toEqual([body]);
    expect((await kindsOf(world)).slice(2)).toEqual([
      'memory_written',
      'memory_written',
      'memory_scored',
      'memory_pinned',
    ]);
  });

  it('is recalled by its witnesses alone, also in a regeneration of an earlier reply and after its scene closed', async () => {
    const { guestId, ...rest } = await newGuestChat(api);
    const world = { guestId, ...rest };
    const story = storyOf(world);
    const turnId = await story.say('Hello.', 'Good evening.');
    await write(world, 'The key is lost.');
    const again = await story.regenerate(turnId);
    expect(await recalled(again, world.hostId)).toContain('The key is lost.');
    expect(await recalled(again, guestId)).toEqual([]);
    await story.finish(again, 'failed');
    const { body: scene } = await send('POST', `${world.path}/scenes/current/close`);
    const data = { sceneId: String(scene.id), povId: world.hostId, summary: 'They met.' };
    await append(api, world.chat.id, null, { kind: 'scene_summary', data });
    const next = await api.client.postTurn(world.chat.id, 'And now?');
    expect(await recalled(next.id, world.hostId)).toEqual(expect.arrayContaining(['They met.', 'The key is lost.']));
  });

  it.each([
    ['a blank text', { text: ' \n' }, 'text'],
    ['no text', { text: undefined }, 'text'],
    ['a text that is too long', { text: 'x'.repeat(200_001) }, 'text'],
    ['no witness', { witnessIds: [] }, 'witnessIds'],
    ['a witness who is not present', { witnessIds: ['chr_1'] }, 'witnessIds.0'],
    ['the user as its witness', { witnessIds: ['you'] }, 'witnessIds.0'],
    ['a significance of 4', { significance: 4 }, 'significance'],
    ['a significance of 1.5', { significance: 1.5 }, 'significance'],
    ['an unknown field', { mood: 'sad' }, 'mood'],
  ])('is refused with %s, and the error names the field', async (_, wrong, path) => {
    const { seq } = await api.client.getChat(world.chat.id);
    const body = { text: 'The key.', witnessIds: [world.hostId], ...wrong };
    const answer = await send('POST', `${world.path}/memories`, body);
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_body' } });
    expect(answer.body.detail).toContain(path);
    expect((await api.client.getChat(world.chat.id)).seq).toBe(seq);
  });

  it('is refused in a chat that is unknown or has no characters', async () => {
    const memory = { text: 'The key.', witnessIds: [world.hostId] };
    expect(await send('POST', '/v1/chats/chat_x/memories', memory)).toMatchObject({
      status: 404,
      body: { code: 'chat_not_found' },
    });
    const { body: agent } = await send('POST', '/v1/chats', { kind: 'agent' });
    expect(await send('POST', `/v1/chats/${agent.id}/memories`, memory)).toMatchObject({
      status: 409,
      body: { code: 'not_narrative' },
    });
  });

  it('is refused as a pinned one beyond the limit of pins', async () => {
    const world = await newGuestChat(api);
    for (let n = 0; n < 100; n++) await write(world, `Pin ${n}.`, { pinned: true });
    const answer = await send('POST', `${world.path}/memories`, {
      text: 'One more.',
      witnessIds: [world.hostId],
      pinned: true,
    });
    expect(answer).toMatchObject({ status: 409, body: { code: 'limit_reached' } });
    const { path } = await write(world, 'Not pinned.');
    expect(await send('PATCH', path, { pinned: true })).toMatchObject({
      status: 409,
      body: { code: 'limit_reached' },
    });
  });
});

describe('a change of a memory by a person', () => {
  it('is in the list, in prompts and in searches, and in the log as what changed', async () => {
    const world = await newGuestChat(api);
    const { id, path } = await write(world, 'The key is lost.');
    const { status, body } = await send('PATCH', path, { text: 'The lamp is lit.', significance: 3, pinned: true });
    expect(status).toBe(200);
    expect(body).toMatchObject({ id, text: 'The lamp is lit.', significance: 3, pinned: true });
    expect(await memoriesOf(world)).toEqual([body]);
    const events = (await api.client.events(world.chat.id)).slice(-2);
    expect(events).toMatchObject([
      { kind: 'memory_edited', turnId: null, data: { memoryId: id, text: 'The lamp is lit.', significance: 3 } },
      { kind: 'memory_pinned', turnId: null, data: { memoryId: id } },
    ]);
    const turn = await api.client.postTurn(world.chat.id, 'Hello.');
    expect(await recalled(turn.id, world.hostId)).toEqual(['The lamp is lit.']);
    expect(await searchMemories(api.database.pool, world.chat.id, 'lamp')).toMatchObject([
      { text: 'The lamp is lit.' },
    ]);
    expect(await searchMemories(api.database.pool, world.chat.id, 'key')).toEqual([]);
    const { pinned } = await readChatState(api.database.pool, world.chat.id);
    expect(pinned).toMatchObject([{ memoryId: id, byHand: true }]);
  });

  it('appends nothing where the memory is so already', async () => {
    const world = await newGuestChat(api);
    const { path, body } = await write(world, 'The key.', { significance: 1 });
    const { seq } = await api.client.getChat(world.chat.id);
    for (const change of [{}, { text: 'The key.', significance: 1, pinned: false }]) {
      expect(await send('PATCH', path, change)).toMatchObject({ status: 200, body });
    }
    expect((await api.client.getChat(world.chat.id)).seq).toBe(seq);
  });

  it('is refused where the memory is unknown, removed or in another chat', async () => {
    const { id, path } = await write(world, 'The key.');
    const other = await newGuestChat(api);
    expect((await send('DELETE', path)).status).toBe(204);
    for (const at of [path, `${world.path}/memories/${unknownId}`, `${other.path}/memories/${id}`]) {
      for (const method of ['PATCH', 'DELETE']) {
        const answer = await send(method, at, method === 'PATCH' ? { text: 'a' } : undefined);
        expect(answer).toMatchObject({ status: 404, body: { code: 'memory_not_found' } });
      }
    }
    expect(await send('PATCH', `${world.path}/memories/${unknownId}`, { text: ' ' })).toMatchObject({ status: 400 });
  });
});

describe('memories that a person wrote, changed and removed', () => {
  it('follow a rewind, its undoing, a fork and a rebuild', async () => {
    const world = await newGuestChat(api);
    const story = storyOf(world);
    const kept = await write(world, 'Kept.');
    const { seq } = await api.client.getChat(world.chat.id);
    await send('PATCH', kept.path, { text: 'Changed.', pinned: true });
    await write(world, 'Later.');
    await send('DELETE', kept.path);
    const texts = async (of: Pick<GuestChat, 'path'> = world) => (await memoriesOf(of)).map(({ text }) => text);
    expect(await texts()).toEqual(['Later.']);
    await expectFolded(api.database.pool, story);

    await send('POST', `${world.path}/rewind`, { toSeq: seq });
    expect(await texts()).toEqual(['Kept.']);
    await expectFolded(api.database.pool, story);
    await send('POST', `${world.path}/rewind/undo`);
    expect(await texts()).toEqual(['Later.']);

    const { body: fork } = await send('POST', `${world.path}/fork`, { atSeq: seq + 2 });
    expect(await memoriesOf({ path: `/v1/chats/${fork.id}` })).toMatchObject([{ text: 'Changed.', pinned: true }]);
    await expectFolded(
      api.database.pool,
      tellStory(api.database.pool, { chatId: String(fork.id), hostId: world.hostId }),
    );
  });

  it('of a turn follow the version of its reply', async () => {
    const world = await newGuestChat(api);
    const story = storyOf(world);
    const turnId = await story.say('Hello.', 'Good evening.');
    const [memory] = await memoriesOf(world);
    await send('PATCH', `${world.path}/memories/${memory?.id}`, { text: 'As I remember it.' });
    const again = await story.sayAgain(turnId, 'Go away.');
    expect((await memoriesOf(world)).map(({ text }) => text)).toEqual(['m']);
    await send('POST', `/v1/turns/${again}/versions/${turnId}/activate`);
    expect((await memoriesOf(world)).map(({ text }) => text)).toEqual(['As I remember it.']);
    await expectFolded(api.database.pool, story);
  });

  it('may change while a turn holds the floor', async () => {
    const world = await newGuestChat(api);
    await api.client.postTurn(world.chat.id, 'Hello.');
    const { path } = await write(world, 'Meanwhile.');
    expect((await send('PATCH', path, { pinned: true })).status).toBe(200);
    expect((await send('DELETE', path)).status).toBe(204);
  });
});

describe('an edge that a person changes', () => {
  const change = ({ path }: GuestChat, body: Record<string, unknown>) => send('PATCH', `${path}/edges`, body);

  it('has the values, the summary and the facts, and the log has the difference', async () => {
    const world = await newGuestChat(api);
    const pair = { sourceId: world.hostId, targetId: 'you' };
    const wished = { affinity: 80, trust: 0, summary: 'Fond, but wary.', knowledgeFacts: ['rows'] };
    const { status, body } = await change(world, { ...pair, ...wished });
    expect([status, body]).toEqual([200, { ...pair, ...wished, lastInteractionAt: null }]);
    expect((await send('GET', `${world.path}/edges`)).body.items).toEqual([body]);
    expect((await api.client.events(world.chat.id)).slice(-2)).toMatchObject([
      { kind: 'edge_update', data: { ...pair, affinityDelta: 30, trustDelta: -50, lastInteractionAt: null } },
      { kind: 'edge_summary', data: { ...pair, summary: 'Fond, but wary.' } },
    ]);
    const turn = await api.client.postTurn(world.chat.id, 'Hello.');
    const input = await readPromptInput(api.database.pool, { turnId: turn.id, beat: 0, speakerId: world.hostId });
    expect(input?.edges).toMatchObject([wished]);
  });

  it('follows a rewind and its undoing, and keeps the facts that it does not name', async () => {
    const world = await newGuestChat(api);
    const pair = { sourceId: 'you', targetId: world.guestId };
    await change(world, { ...pair, knowledgeFacts: ['rows'] });
    const { seq } = await api.client.getChat(world.chat.id);
    expect((await change(world, { ...pair, knowledgeFacts: ['sings'], trust: 51 })).body).toMatchObject({
      knowledgeFacts: ['rows', 'sings'],
      trust: 51,
    });
    await send('POST', `${world.path}/rewind`, { toSeq: seq });
    expect((await change(world, pair)).body).toMatchObject({ knowledgeFacts: ['rows'], trust: 50 });
    await expectFolded(api.database.pool, storyOf(world));
    await send('POST', `${world.path}/rewind/undo`);
    expect((await change(world, pair)).body).toMatchObject({ knowledgeFacts: ['rows', 'sings'], trust: 51 });
    await expectFolded(api.database.pool, storyOf(world));
  });

  it.each([
    ['a stranger', { sourceId: 'chr_1' }, 'sourceId'],
    ['one person as both ends', { sourceId: 'you' }, 'targetId'],
    ['an affinity beyond 100', { affinity: 101 }, 'affinity'],
    ['a trust that is no whole number', { trust: 0.5 }, 'trust'],
    ['a blank fact', { knowledgeFacts: [' '] }, 'knowledgeFacts.0'],
    ['an unknown field', { mood: 1 }, 'mood'],
  ])('is refused with %s', async (_, wrong, path) => {
    const answer = await change(world, { sourceId: world.hostId, targetId: 'you', ...wrong });
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_body' } });
    expect(answer.body.detail).toContain(path);
  });
});
