import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readProjections, rebuildProjections } from '../../../db/timeline/rebuild/rebuild.js';
import type { NewEvent } from '../../../domain/log/events.js';
import { append, type GuestChat, newGuestChat, sender } from '../../support/chats/narrativeApi.js';
import { startTestApi, type TestApi } from '../../support/service/api.js';

let api: TestApi;
let world: GuestChat;
beforeAll(async () => {
  api = await startTestApi();
  world = await newGuestChat(api);
}, 60_000);
afterAll(() => api.close());

const send = sender(() => api);
const at = '2026-01-02T03:04:05.678Z';

const edgeUpdate = (sourceId: string, targetId: string, delta: number): NewEvent => ({
  kind: 'edge_update',
  data: {
    sourceId,
    targetId,
    affinityDelta: delta,
    trustDelta: -delta,
    knowledgeFacts: ['sings'],
    lastInteractionAt: at,
  },
});

/** All pages of a list, joined. */
async function readPages(path: string, limit: number) {
  const items = [];
  for (let cursor = ''; ; ) {
    const { status, body } = await send('GET', `${path}?limit=${limit}${cursor}`);
    expect(status).toBe(200);
    expect(body.items.length).toBeLessThanOrEqual(limit);
    items.push(...body.items);
    if (body.next === null) return items;
    cursor = `&cursor=${encodeURIComponent(body.next)}`;
  }
}

describe('each narrative list of a chat', () => {
  const lists = ['edges', 'memories', 'scenes', 'storyEvents'];

  it.each(lists)('%s is empty at first, except for scenes', async (list) => {
    const chat = await api.client.newChat();
    expect((await send('GET', `/v1/chats/${chat.id}/${list}`)).body).toEqual({ items: [], next: null });
  });

  it.each(lists)('%s is answered 404 for a chat that does not exist', async (list) => {
    const answer = await send('GET', `/v1/chats/chat_x/${list}`);
    expect(answer).toMatchObject({ status: 404, body: { code: 'chat_not_found' } });
  });

  it.each(lists.flatMap((list) => [`${list}?limit=0`, `${list}?limit=1001`, `${list}?cursor=%00`]))(
    'refuses %s',
    async (path) => {
      const answer = await send('GET', `${world.path}/${path}`);
      expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_query' } });
    },
  );
});

describe('the edges of a chat', () => {
  it('are listed by source and target, in pages without a gap or a repeat', async () => {
    const { chat, path, hostId, guestId } = await newGuestChat(api);
    const people = ['you', hostId, guestId];
    const pairs = people.flatMap((source) => people.filter((target) => target !== source).map((t) => [source, t]));
    await append(api, chat.id, null, ...pairs.map(([source, target]) => edgeUpdate(source!, target!, 3)));
    const all = (await send('GET', `${path}/edges`)).body;
    expect(all.next).toBeNull();
    expect(all.items.map((edge) => [edge.sourceId, edge.targetId])).toEqual([...pairs].sort());
    expect(all.items[0]).toEqual({
      sourceId: hostId,
      targetId: guestId,
      affinity: 53,
      trust: 47,
      summary: null,
      knowledgeFacts: ['sings'],
      lastInteractionAt: at,
    });
    for (const limit of [1, 2, 5, 6]) expect(await readPages(`${path}/edges`, limit)).toEqual(all.items);
  });

  it('have values between 0 and 100', async () => {
    const { chat, path, hostId } = await newGuestChat(api);
    await append(api, chat.id, null, ...Array.from({ length: 12 }, () => edgeUpdate('you', hostId, 10)));
    expect((await send('GET', `${path}/edges`)).body.items).toMatchObject([{ affinity: 100, trust: 0 }]);
  });
});

describe('the memories of a chat', () => {
  it('are listed oldest first, one for all witnesses, with score and pin', async () => {
    const { chat, path, hostId, guestId } = await newGuestChat(api);
    const witnesses = [hostId, guestId];
    const written = (memoryId: string, chatClock: number): NewEvent[] =>
      witnesses.map((witnessId) => ({
        kind: 'memory_written',
        data: { memoryId, witnessId, text: `of ${chatClock}`, sceneId: null, witnesses, chatClock },
      }));
    await append(api, chat.id, null, ...written('mem_b', 3), ...written('mem_a', 9), ...written('mem_c', 12));
    await append(
      api,
      chat.id,
      null,
      { kind: 'memory_scored', data: { memoryId: 'mem_a', significance: 3 } },
      { kind: 'memory_pinned', data: { memoryId: 'mem_a' } },
      { kind: 'memory_scored', data: { memoryId: 'mem_c', significance: 0 } },
    );
    const items = await readPages(`${path}/memories`, 2);
    expect(items).toMatchObject([
      { id: 'mem_b', significance: null, pinned: false },
      { id: 'mem_a', significance: 3, pinned: true },
      { id: 'mem_c', significance: 0, pinned: false },
    ]);
    expect(items[0]).toEqual({
      id: 'mem_b',
      text: 'of 3',
      sceneId: null,
      witnesses,
      chatClock: 3,
      significance: null,
      pinned: false,
      at: expect.stringMatching(/^\d{4}-.*Z$/),
    });
  });
});

describe('the scenes of a chat', () => {
  it('are opened and closed over the api, one at a time', async () => {
    const { chat, path, hostId } = await newGuestChat(api);
    const first = (await send('GET', `${path}/scenes`)).body.items[0];
    expect(first).toMatchObject({ container: 'the lamp room', status: 'open', endedAt: null, summaries: {} });
    expect(await send('POST', `${path}/scenes`, { container: 'the pier' })).toMatchObject({
      status: 409,
      body: { code: 'scene_already_open' },
    });

    const closed = await send('POST', `${path}/scenes/current/close`);
    expect(closed).toMatchObject({
      status: 200,
      body: { id: first?.id, status: 'closed', endedAt: expect.any(String) },
    });
    expect(await send('POST', `${path}/scenes/current/close`, {})).toMatchObject({
      status: 409,
      body: { code: 'no_open_scene' },
    });

    const opened = await send('POST', `${path}/scenes`, { container: 'the pier' });
    expect(opened).toMatchObject({ status: 201, body: { container: 'the pier', status: 'open', endedAt: null } });
    await append(api, chat.id, null, {
      kind: 'scene_summary',
      data: { sceneId: String(first?.id), povId: hostId, summary: 'Dark and kind.' },
    });
    expect(await readPages(`${path}/scenes`, 1)).toMatchObject([
      { container: 'the lamp room', status: 'closed', summaries: { [hostId]: 'Dark and kind.' } },
      { id: opened.body.id, status: 'open', summaries: {} },
    ]);
    const kinds = (await api.client.events(chat.id)).map((event) => event.kind);
    expect(kinds).toEqual(['chat_created', 'scene_opened', 'scene_closed', 'scene_opened', 'scene_summary']);
  });

  it('can be opened and closed while a turn runs', async () => {
    const { chat, path } = await newGuestChat(api);
    await api.client.postTurn(chat.id, 'We go on.');
    expect((await send('POST', `${path}/scenes/current/close`)).status).toBe(200);
    expect((await send('POST', `${path}/scenes`, { container: 'the road' })).status).toBe(201);
  });

  it('are never two when many are opened at once', async () => {
    const chat = await api.client.newChat();
    const path = `/v1/chats/${chat.id}/scenes`;
    const opened = await Promise.all(Array.from({ length: 8 }, () => send('POST', path, { container: 'the pier' })));
    expect(opened.map((answer) => answer.status).sort()).toEqual([201, ...Array(7).fill(409)]);
    const closed = await Promise.all(Array.from({ length: 8 }, () => send('POST', `${path}/current/close`)));
    expect(closed.map((answer) => answer.status).sort()).toEqual([200, ...Array(7).fill(409)]);
  });

  it.each([{}, { container: '' }, { container: ' ' }, { container: 'a\0' }, { container: 'a', at }, { container: 1 }])(
    'are refused when created with the body %j',
    async (body) => {
      const chat = await api.client.newChat();
      const answer = await send('POST', `/v1/chats/${chat.id}/scenes`, body);
      expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_body' } });
    },
  );

  it('are answered 404 in a chat that does not exist', async () => {
    for (const [path, body] of [
      ['scenes', { container: 'a' }],
      ['scenes/current/close', {}],
    ] as const) {
      const answer = await send('POST', `/v1/chats/chat_x/${path}`, body);
      expect(answer).toMatchObject({ status: 404, body: { code: 'chat_not_found' } });
    }
  });
});

describe('the story events of a chat', () => {
  const plan = { title: 'The storm', description: 'It breaks at midnight.' };

  it('are created as planned or active', async () => {
    const { chat, path, hostId, guestId } = await newGuestChat(api);
    const artifacts = {
      knowledgeFacts: [{ sourceId: hostId, targetId: 'you', fact: 'afraid of thunder' }],
      relationshipChange: { sourceId: guestId, targetId: hostId, affinityDelta: -100, trustDelta: 100 },
      acquiredObjects: [{ ownerId: 'you', name: 'a lantern' }],
    };
    const planned = await send('POST', `${path}/storyEvents`, plan);
    expect(planned.status).toBe(201);
    expect(planned.body).toEqual({
      id: expect.stringMatching(/^evt_/),
      ...plan,
      status: 'planned',
      artifacts: {},
      createdAt: expect.stringMatching(/Z$/),
    });
    const active = await send('POST', `${path}/storyEvents`, { ...plan, status: 'active', artifacts });
    expect(active).toMatchObject({ status: 201, body: { status: 'active', artifacts } });
    expect(await readPages(`${path}/storyEvents`, 1)).toEqual([planned.body, active.body]);
    const log = (await api.client.events(chat.id)).slice(2);
    expect(log.map((event) => event.kind)).toEqual([
      'story_event_planned',
      'story_event_planned',
      'story_event_started',
    ]);
    expect(log[2]?.data).toEqual({ eventId: active.body.id });
    expect((await send('GET', `${path}/edges`)).body.items).toEqual([]);
  });

  it('refer only to participants of the chat', async () => {
    const { path, hostId } = await newGuestChat(api);
    const other = await api.client.createCharacter();
    const cases: [string, object][] = [
      [
        'knowledgeFacts.1.sourceId',
        {
          knowledgeFacts: [
            { sourceId: 'you', targetId: hostId, fact: 'x' },
            { sourceId: other.id, targetId: hostId, fact: 'x' },
          ],
        },
      ],
      ['knowledgeFacts.0.targetId', { knowledgeFacts: [{ sourceId: 'you', targetId: 'You', fact: 'x' }] }],
      [
        'relationshipChange.targetId',
        { relationshipChange: { sourceId: 'you', targetId: '', affinityDelta: 1, trustDelta: 1 } },
      ],
      ['acquiredObjects.0.ownerId', { acquiredObjects: [{ ownerId: other.id, name: 'a key' }] }],
    ];
    for (const [where, artifacts] of cases) {
      const answer = await send('POST', `${path}/storyEvents`, { ...plan, artifacts });
      expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_body' } });
      expect(answer.body.detail).toContain(`artifacts.${where}`);
    }
    expect((await send('GET', `${path}/storyEvents`)).body.items).toEqual([]);
  });

  it.each([
    {},
    { title: 'a' },
    { title: ' ', description: '' },
    { ...plan, status: 'completed' },
    { ...plan, id: 'evt_1' },
    { ...plan, title: 'a\0' },
    { ...plan, artifacts: { wealth: 1 } },
    { ...plan, artifacts: { acquiredObjects: [{ ownerId: 'you', name: '\0' }] } },
    {
      ...plan,
      artifacts: { relationshipChange: { sourceId: 'you', targetId: 'you', affinityDelta: 1.5, trustDelta: 0 } },
    },
    {
      ...plan,
      artifacts: { relationshipChange: { sourceId: 'you', targetId: 'you', affinityDelta: 101, trustDelta: 0 } },
    },
    { ...plan, artifacts: null },
  ])('are refused when created with the body %j', async (body) => {
    const answer = await send('POST', `${world.path}/storyEvents`, body);
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_body' } });
  });

  it('are answered 404 in a chat that does not exist', async () => {
    const answer = await send('POST', '/v1/chats/chat_x/storyEvents', plan);
    expect(answer).toMatchObject({ status: 404, body: { code: 'chat_not_found' } });
  });
});

describe('the narrative state of a chat', () => {
  it('equals the fold of its log', async () => {
    const { chat, path, guestId } = await newGuestChat(api);
    await send('POST', `${path}/storyEvents`, { title: 'a', description: 'b', status: 'active' });
    await send('POST', `${path}/scenes/current/close`);
    await send('POST', `${path}/scenes`, { container: 'the pier' });
    await append(api, chat.id, null, edgeUpdate('you', guestId, 2));
    const { pool } = api.database;
    const before = await readProjections(pool, chat.id);
    await rebuildProjections(pool, chat.id);
    expect(await readProjections(pool, chat.id)).toEqual(before);
  });
});

describe('the transcript of a turn with two beats', () => {
  it('has a message for each beat, with its speaker and with escaped text', async () => {
    const { chat, path, hostId, guestId } = await newGuestChat(api);
    const turn = await api.client.postTurn(chat.id, 'Who is there? <script>');
    const beat = (number: number, speakerId: string, text: string): NewEvent => ({
      kind: 'assistant_turn',
      data: {
        speakerId,
        beat: number,
        text,
        truncated: false,
        userTurnSeq: turn.userTurnSeq,
        ...(number > 0 ? { interjectionOf: hostId } : {}),
        model: 'scripted',
      },
    });
    await append(api, chat.id, turn.id, beat(0, hostId, 'I am & <b>'), beat(1, guestId, 'And "I".\n\nToo.'));
    expect((await send('GET', `${path}/messages`)).body.items).toMatchObject([
      { role: 'user', html: '<p>Who is there? &lt;script&gt;</p>' },
      { role: 'assistant', speakerId: hostId, messageId: `${turn.id}:0`, html: '<p>I am &amp; &lt;b&gt;</p>' },
      {
        role: 'assistant',
        speakerId: guestId,
        messageId: `${turn.id}:1`,
        html: '<p>And &quot;I&quot;.</p>\n<p>Too.</p>',
      },
    ]);
  });
});
