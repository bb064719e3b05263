import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Turn } from '../../../client/src/index.js';
import { finishTurn } from '../../../db/turns/finish.js';
import { type Body, type GuestChat, newGuestChat, sender } from '../../support/chats/narrativeApi.js';
import { type Story, tellStory } from '../../support/chats/timeline.js';
import { startTestApi, type TestApi } from '../../support/service/api.js';
import { until } from '../../support/until.js';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
}, 60_000);
afterAll(() => api.close());

const send = sender(() => api);
let world: GuestChat;
let story: Story;
beforeEach(async () => {
  world = await newGuestChat(api);
  story = tellStory(api.database.pool, { chatId: world.chat.id, hostId: world.hostId });
});

const refused = (status: number, code: string) =>
  expect.objectContaining({ status, body: expect.objectContaining({ code }) });
const turnIn = (answer: { body: Body }) => answer.body.turn as Turn;

describe('to edit a reply by hand', () => {
  it('answers with the turn of the new version, which is in the timeline', async () => {
    const turnId = await story.say('Hello?', 'Old.');
    const answer = await send('POST', `/v1/turns/${turnId}/versions`, { text: 'By hand.' });
    expect(answer).toMatchObject({
      status: 201,
      body: { regenerates: turnId, status: 'completed', beats: [{ beat: 0, text: 'By hand.', status: 'done' }] },
    });
    const { items } = await api.client.messages(world.chat.id);
    expect(items.map(({ content }) => content)).toEqual(['Hello?', 'By hand.']);
  });

  it('is refused without text, with too much, for a beat or a reply that is not there, and while a turn runs', async () => {
    const turnId = await story.say('Hello?', 'Old.');
    const edit = (body: object, of = turnId) => send('POST', `/v1/turns/${of}/versions`, body);
    expect(await edit({ text: ' \n' })).toEqual(refused(400, 'empty_text'));
    expect(await edit({})).toEqual(refused(400, 'invalid_body'));
    expect(await edit({ text: 'x'.repeat(1024 * 1024) })).toEqual(refused(413, 'body_too_large'));
    expect(await edit({ text: 'New.', beat: 1 })).toEqual(refused(404, 'beat_not_found'));
    expect(await edit({ text: 'New.', beat: 2 })).toEqual(refused(400, 'invalid_body'));
    expect(await edit({ text: 'New.' }, 'turn_unknown')).toEqual(refused(404, 'turn_not_found'));
    await send('POST', `/v1/turns/${turnId}/regenerate`);
    expect(await edit({ text: 'New.' })).toEqual(refused(409, 'turn_in_progress'));
  });
});

describe('to regenerate a turn', () => {
  it('is accepted with a new turn that names the one it replaces', async () => {
    const turnId = await story.say('Hello?', 'Old.');
    const answer = await send('POST', `/v1/turns/${turnId}/regenerate`);
    const turn = turnIn(answer);
    expect(answer.status).toBe(202);
    expect(answer.headers.get('location')).toBe(`/v1/turns/${turn.id}`);
    expect(turn).toMatchObject({ regenerates: turnId, status: 'running', chatId: world.chat.id, beats: [] });
    expect((await api.client.getChat(world.chat.id)).activeTurnId).toBe(turn.id);
    const again = await send('POST', `/v1/turns/${turnId}/regenerate`, {});
    expect(again).toEqual(refused(409, 'turn_in_progress'));
  });

  it('shows the edited message and the new reply once it has landed', async () => {
    const turnId = await story.say('Hello?', 'Old.');
    const turn = turnIn(await send('POST', `/v1/turns/${turnId}/regenerate`, { text: 'Good evening.' }));
    await story.land(turn.id, 'New.');
    await story.finish(turn.id);
    const { items } = await api.client.messages(world.chat.id);
    expect(items.map(({ role, content }) => [role, content])).toEqual([
      ['user', 'Good evening.'],
      ['assistant', 'New.'],
    ]);
  });

  it('under one key makes one turn, and the key is refused for another request', async () => {
    const turnId = await story.say('Hello?', 'Old.');
    const ask = (body?: object) => send('POST', `/v1/turns/${turnId}/regenerate`, body, { 'idempotency-key': 'k' });
    const [first, second] = [await ask(), await ask({})];
    expect(turnIn(second).id).toBe(turnIn(first).id);
    expect(await ask({ text: 'Other.' })).toEqual(refused(409, 'idempotency_mismatch'));
    const post = await api.client.sendTurn(world.chat.id, 'Hello?', { idempotencyKey: 'k' });
    expect(post).toEqual(refused(409, 'idempotency_mismatch'));
  });

  it('is refused for a turn that cannot be regenerated', async () => {
    const first = await story.say('One', '1');
    await story.say('Two', '2');
    const path = `/v1/turns/${first}/regenerate`;
    expect(await send('POST', path)).toEqual(refused(409, 'not_last_turn'));
    expect(await send('POST', path, { text: ' \n' })).toEqual(refused(400, 'empty_text'));
    expect(await send('POST', path, { prose: 'x' })).toEqual(refused(400, 'invalid_body'));
    expect(await send('POST', '/v1/turns/turn_0/regenerate')).toEqual(refused(404, 'turn_not_found'));
  });
});

describe('the versions of a reply', () => {
  it('are listed for any of them, and activating one returns it', async () => {
    const first = await story.say('Hello?', 'Old.');
    const second = await story.sayAgain(first, 'New.');
    const list = await send('GET', `/v1/turns/${second}/versions`);
    expect(list).toMatchObject({
      status: 200,
      body: {
        items: [
          { turnId: first, active: false, status: 'completed', beats: [{ beat: 0, text: 'Old.', truncated: false }] },
          { turnId: second, active: true, status: 'completed', beats: [{ beat: 0, text: 'New.' }] },
        ],
        next: null,
      },
    });
    const chosen = await send('POST', `/v1/turns/${second}/versions/${first}/activate`);
    expect(chosen).toMatchObject({ status: 200, body: { id: first, beats: [{ text: 'Old.' }] } });
    expect(await story.spoken()).toEqual(['Hello?', 'Old.']);
  });

  it('are refused for a turn or version that does not exist, and while a turn runs', async () => {
    const first = await story.say('Hello?', 'Old.');
    const choose = (versionId: string) => send('POST', `/v1/turns/${first}/versions/${versionId}/activate`);
    for (const id of ['turn_0', 'nonsense', '%00']) expect(await choose(id)).toEqual(refused(404, 'version_not_found'));
    expect(await send('GET', '/v1/turns/turn_0/versions')).toEqual(refused(404, 'turn_not_found'));
    await api.client.postTurn(world.chat.id, 'More.');
    expect(await choose(first)).toEqual(refused(409, 'turn_in_progress'));
  });
});

describe('to rewind a chat', () => {
  it('has a preview, hides events, and can be undone', async () => {
    await story.say('One', '1');
    const before = (await api.client.getChat(world.chat.id)).seq;
    const preview = await send('GET', `${world.path}/rewind/preview?toSeq=2`);
    expect(preview).toMatchObject({
      status: 200,
      body: { totalEvents: before - 2, byKind: { user_turn: 1, edge_update: 2 } },
    });
    const done = await send('POST', `${world.path}/rewind`, { toSeq: 2 });
    expect(done).toMatchObject({ status: 200, body: { seq: before + 1, hidden: before - 2 } });
    expect((await api.client.messages(world.chat.id)).items).toEqual([]);
    const undone = await send('POST', `${world.path}/rewind/undo`);
    expect(undone).toMatchObject({ status: 200, body: { seq: before + 2, restored: before - 2 } });
    expect((await api.client.messages(world.chat.id)).items).toHaveLength(2);
    expect(await send('POST', `${world.path}/rewind/undo`, {})).toEqual(refused(409, 'rewind_not_last'));
  });

  it('is refused for a seq that does not exist', async () => {
    for (const toSeq of ['0', '3', '-1', 'x', '1.5', '', '99999999999']) {
      const answer = await send('GET', `${world.path}/rewind/preview?toSeq=${toSeq}`);
      expect(answer).toEqual(refused(400, 'invalid_query'));
    }
    expect(await send('GET', `${world.path}/rewind/preview`)).toEqual(refused(400, 'invalid_query'));
    for (const toSeq of [0, 3, -1, '1', 1.5, 2 ** 31, null]) {
      expect(await send('POST', `${world.path}/rewind`, { toSeq })).toEqual(refused(400, 'invalid_body'));
      expect(await send('POST', `${world.path}/fork`, { atSeq: toSeq })).toEqual(refused(400, 'invalid_body'));
    }
    expect(await send('POST', `${world.path}/rewind`)).toEqual(refused(400, 'invalid_body'));
    expect(await send('POST', `${world.path}/rewind`, { toSeq: 1, whenBusy: 'reject' })).toEqual(
      refused(400, 'invalid_body'),
    );
    expect(await send('POST', '/v1/chats/chat_0/rewind', { toSeq: 1 })).toEqual(refused(404, 'chat_not_found'));
    expect(await send('GET', '/v1/chats/chat_0/rewind/preview?toSeq=1')).toEqual(refused(404, 'chat_not_found'));
  });

  it('is refused while a turn runs, like an undo and a fork', async () => {
    await api.client.postTurn(world.chat.id, 'One');
    for (const [path, body] of [
      ['rewind', { toSeq: 1 }],
      ['rewind/undo', {}],
      ['fork', { atSeq: 1 }],
    ] as const) {
      expect(await send('POST', `${world.path}/${path}`, body)).toEqual(refused(409, 'turn_in_progress'));
    }
  });

  it('can interrupt the running turn, and completes as soon as that has ended', async () => {
    const running = await api.client.postTurn(world.chat.id, 'One');
    const queued = await api.client.postTurn(world.chat.id, 'Two');
    const rewinding = send('POST', `${world.path}/rewind`, { toSeq: 2, whenBusy: 'interrupt' });
    await until('the queue to be emptied', async () =>
      (await api.client.getTurn(queued.id)).status === 'cancelled' ? true : null,
    );
    await finishTurn(api.database.pool, running.id, { status: 'cancelled' });
    expect(await rewinding).toMatchObject({ status: 200, body: { hidden: 4 } });
    expect(await story.spoken()).toEqual([]);
  });
});

describe('a fork', () => {
  it('is a new chat with the transcript of its source', async () => {
    await api.client.send('PATCH', world.path, { title: 'The lamp' });
    await story.say('One', '1');
    const { seq } = await api.client.getChat(world.chat.id);
    const answer = await send('POST', `${world.path}/fork`, { atSeq: seq });
    const id = String(answer.body.id);
    expect(answer.status).toBe(201);
    expect(answer.headers.get('location')).toBe(`/v1/chats/${id}`);
    expect(answer.body).toMatchObject({
      title: 'The lamp (fork)',
      hostId: world.hostId,
      guestId: world.guestId,
      queue: [],
    });
    const [source, copy] = [await api.client.messages(world.chat.id), await api.client.messages(id)];
    expect(copy.items.map((item) => item.content)).toEqual(source.items.map((item) => item.content));
    const turnId = String((await api.client.events(id)).find((event) => event.kind === 'user_turn')?.turnId);
    expect(await api.client.getTurn(turnId)).toMatchObject({
      status: 'completed',
      engine: 'ok',
      beats: [{ text: '1' }],
    });
    expect(turnIn(await send('POST', `/v1/turns/${turnId}/regenerate`))).toMatchObject({ regenerates: turnId });
  });
});
