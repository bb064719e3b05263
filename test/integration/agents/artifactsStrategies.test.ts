import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { appendToolArtifact } from '../../../db/agents/artifacts.js';
import { rebuildProjections } from '../../../db/timeline/rebuild/rebuild.js';
import { type AgentChat, agentChat, newAgentChat } from '../../support/chats/agentChats.js';
import { tellStory } from '../../support/chats/timeline.js';
import { startTestApi, type TestApi } from '../../support/service/api.js';
import { createServiceClient } from '../../support/viewers/serviceClient.js';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ env: { API_KEYS: 'k1:local,k2:bob', REQUESTS_PER_MINUTE: '100000' } });
});
afterAll(() => api.close());

const owner = () => createServiceClient(api.url, { key: 'k1' });
const newChat = () => newAgentChat(owner());
const link = (chat: AgentChat, strategyId: number, isSaved = true) =>
  chat.append('strategy_link', { strategyId, isSaved });

let lastId = 1_000;
const newStrategy = () => ++lastId;

/** Imports what the export of a chat answers with. */
async function importCopyOf(chat: AgentChat): Promise<AgentChat> {
  const headers = { Authorization: 'Bearer k1' };
  const exported = await fetch(`${api.url}${chat.path}/export`, { headers });
  const body = await exported.text();
  const imported = await fetch(`${api.url}/v1/chats/import`, { method: 'POST', headers, body });
  expect(imported.status).toBe(201);
  return agentChat(owner(), ((await imported.json()) as { id: string }).id);
}

const kindsOf = async (chat: AgentChat) => (await chat.log()).map((event) => event.kind);
const unlinksOf = async (chat: AgentChat) =>
  (await chat.log()).flatMap((event) => (event.kind === 'strategy_unlinked' ? [event.data.strategyId] : []));
const strategyOf = async (chat: AgentChat) => (await chat.projection()).strategyId;

/** Which of the chats hold the strategy; each projection is what its log folds to. */
async function holders(chats: AgentChat[], strategyId: number): Promise<AgentChat[]> {
  const held = await Promise.all(chats.map(strategyOf));
  await Promise.all(chats.map((chat) => rebuildProjections(api.database.pool, chat.id)));
  expect(await Promise.all(chats.map(strategyOf))).toEqual(held);
  return chats.filter((_, i) => held[i] === strategyId);
}

describe('a chat that links a strategy', () => {
  it('unlinks it from the chat that had it, by an event in the log of that chat', async () => {
    const [first, second, id] = [await newChat(), await newChat(), newStrategy()];
    await link(first, id);
    await link(second, id, false);
    expect(await second.projection()).toMatchObject({ strategyId: id, isSaved: false });
    const [unlinked] = (await first.log()).slice(-1);
    expect(unlinked).toMatchObject({ kind: 'strategy_unlinked', turnId: null, data: { strategyId: id } });
    expect(await first.projection()).toMatchObject({ strategyId: null, isSaved: false, lastEventSeq: unlinked?.seq });
    await link(first, id);
    expect(await holders([first, second], id)).toEqual([first]);
  });

  it('unlinks nothing from itself, nor from a chat that is no longer linked', async () => {
    const [first, second, id] = [await newChat(), await newChat(), newStrategy()];
    await link(first, id);
    await link(first, id, false);
    await link(first, newStrategy());
    await link(second, id);
    await second.append('graph_cleared', {});
    await link(first, id);
    for (const chat of [first, second]) expect(await kindsOf(chat)).not.toContain('strategy_unlinked');
    expect(await holders([first, second], id)).toEqual([first]);
  });

  it('unlinks nothing from a chat of another owner', async () => {
    const [mine, theirs, id] = [
      await newChat(),
      await newAgentChat(createServiceClient(api.url, { key: 'k2' })),
      newStrategy(),
    ];
    await link(mine, id);
    await link(theirs, id);
    expect([await strategyOf(mine), await strategyOf(theirs)]).toEqual([id, id]);
    expect(await theirs.post('strategy_link', { strategyId: id, isSaved: true })).toMatchObject({ status: 201 });
    expect(await unlinksOf(mine)).toEqual([]);
  });

  it('unlinks nothing when it is refused', async () => {
    const [mine, id] = [await newChat(), newStrategy()];
    await link(mine, id);
    const theirs = await newAgentChat(createServiceClient(api.url, { key: 'k2' }));
    const answer = await owner().send('POST', `${theirs.path}/events`, {
      kind: 'strategy_link',
      data: { strategyId: id, isSaved: true },
    });
    expect(answer.status).toBe(404);
    expect(await strategyOf(mine)).toBe(id);
  });
});

describe('links to a strategy at the same moment', () => {
  it('by two chats, 50 times, leave it linked to one of them', async () => {
    const chats = [await newChat(), await newChat()];
    for (let round = 0; round < 50; round++) {
      const id = round % 2 === 0 ? newStrategy() : lastId;
      await Promise.all(chats.map((chat) => link(chat, id)));
      expect(await holders(chats, id)).toHaveLength(1);
    }
  }, 120_000);

  it('by twenty chats leave it linked to one, and unlink each other chat once', async () => {
    const chats = await Promise.all(Array.from({ length: 20 }, newChat));
    const id = newStrategy();
    await Promise.all(chats.map((chat) => link(chat, id)));
    const [holder, ...more] = await holders(chats, id);
    expect(more).toEqual([]);
    for (const chat of chats) expect(await unlinksOf(chat)).toEqual(chat === holder ? [] : [id]);
  }, 120_000);

  it('by two chats to the strategy of the other, 20 times, cause no deadlock', async () => {
    const [first, second] = [await newChat(), await newChat()];
    let [ofFirst, ofSecond] = [newStrategy(), newStrategy()];
    await link(first, ofFirst);
    await link(second, ofSecond);
    for (let round = 0; round < 20; round++) {
      [ofFirst, ofSecond] = [ofSecond, ofFirst];
      await Promise.all([link(first, ofFirst), link(second, ofSecond)]);
      expect(await holders([first, second], ofFirst)).toHaveLength(1);
      expect(await holders([first, second], ofSecond)).toHaveLength(1);
    }
  }, 120_000);

  it('by one chat while another rewinds to when it had it, 25 times, leave it linked to at most one', async () => {
    for (let round = 0; round < 25; round++) {
      const [first, second, id] = [await newChat(), await newChat(), newStrategy()];
      const { seq } = await link(first, id);
      await first.append('graph_cleared', {});
      const [rewound] = await Promise.all([first.rewind(seq), link(second, id)]);
      expect(rewound.status).toBe(200);
      expect(await holders([first, second], id)).toEqual([second]);
    }
  }, 120_000);
});

describe('a strategy that another chat has linked', () => {
  async function taken() {
    const [first, second, id] = [await newChat(), await newChat(), newStrategy()];
    const { seq } = await link(first, id);
    await link(second, id);
    return { first, second, id, seq };
  }

  it('is not linked again by a rewind, which can still be undone', async () => {
    const { first, second, id, seq } = await taken();
    expect((await first.rewind(seq)).status).toBe(200);
    expect((await kindsOf(first)).slice(-2)).toEqual(['chat_rewound', 'strategy_unlinked']);
    expect(await holders([first, second], id)).toEqual([second]);
    const undone = await first.undo();
    expect([undone.status, undone.body.restored]).toEqual([200, 1]);
    expect(await holders([first, second], id)).toEqual([second]);
    expect((await first.undo()).body.code).toBe('rewind_not_last');
  });

  it('is not linked again by undoing a rewind that had freed it', async () => {
    const [first, second, id] = [await newChat(), await newChat(), newStrategy()];
    await link(first, id);
    await first.rewind(1);
    await link(second, id);
    expect((await first.undo()).status).toBe(200);
    expect(await holders([first, second], id)).toEqual([second]);
  });

  it('is linked again by a rewind when no other chat has it any more', async () => {
    const { first, second, id, seq } = await taken();
    await second.append('graph_cleared', {});
    await first.rewind(seq);
    expect(await holders([first, second], id)).toEqual([first]);
  });

  it('is not linked again by activating a version of a reply', async () => {
    const [first, second, id] = [await newChat(), await newChat(), newStrategy()];
    const { pool } = api.database;
    const story = tellStory(pool, { chatId: first.id, hostId: 'agent' });
    const turnId = await story.say('Find genes.', 'Found.');
    await story.append(turnId, 'tool:call_1', { kind: 'strategy_link', data: { strategyId: id, isSaved: true } });
    expect(await strategyOf(first)).toBe(id);
    await story.sayAgain(turnId, 'Found others.');
    expect(await strategyOf(first)).toBeNull();
    await link(second, id);
    const chosen = await owner().send('POST', `/v1/turns/${turnId}/versions/${turnId}/activate`);
    expect(chosen.status).toBe(200);
    expect(await holders([first, second], id)).toEqual([second]);
  });

  it('is taken by an import, whose log and projection are those of the export', async () => {
    const [source, id] = [await newChat(), newStrategy()];
    await link(source, id);
    const [log, projection] = [await kindsOf(source), await source.projection()];
    const copy = await importCopyOf(source);
    expect(await kindsOf(copy)).toEqual(log);
    expect(await copy.projection()).toEqual(projection);
    expect(await holders([source, copy], id)).toEqual([copy]);
    expect(await unlinksOf(source)).toEqual([id]);
  });

  it('stays with its chat when one is imported whose log unlinks it, or links it in what a rewind hides', async () => {
    const [unlinked, rewound, id] = [await newChat(), await newChat(), newStrategy()];
    await link(unlinked, id);
    await link(rewound, id);
    await rewound.rewind(1);
    const holder = await newChat();
    await link(holder, id);
    const copies = [await importCopyOf(unlinked), await importCopyOf(rewound)];
    expect(await holders([unlinked, rewound, holder, ...copies], id)).toEqual([holder]);
    expect(await unlinksOf(holder)).toEqual([]);
  });

  it('has one holder after imports, links and forks at the same moment', async () => {
    const [source, other, id] = [await newChat(), await newChat(), newStrategy()];
    const { seq } = await link(source, id);
    const [first, second, fork] = await Promise.all([
      importCopyOf(source),
      importCopyOf(source),
      source.fork(seq),
      link(other, id),
    ]);
    expect(await holders([source, other, first, second, fork], id)).toHaveLength(1);
  });

  it('stays linked to a chat that is forked, and not to the fork', async () => {
    const [chat, id] = [await newChat(), newStrategy()];
    const { seq } = await link(chat, id);
    const fork = await chat.fork(seq);
    expect(await holders([chat, fork], id)).toEqual([chat]);
    expect(await kindsOf(fork)).toEqual(['chat_created', 'strategy_link', 'strategy_unlinked']);
    await link(fork, id);
    expect(await holders([chat, fork], id)).toEqual([fork]);
  });
});

describe('an artifact that a tool call appends', () => {
  it('is appended once, under its turn, and links a strategy once', async () => {
    const [chat, other, id] = [await newChat(), await newChat(), newStrategy()];
    const { pool } = api.database;
    const turn = await owner().postTurn(chat.id, 'Find genes.');
    const key = { turnId: turn.id, callId: 'call_1' };
    const artifact = { kind: 'strategy_link', data: { strategyId: id, isSaved: true } } as const;
    const first = await appendToolArtifact(pool, key, 0, artifact);
    expect(first).toMatchObject({ kind: 'strategy_link', turnId: turn.id });
    await link(other, id);
    expect(await appendToolArtifact(pool, key, 0, artifact)).toEqual(first);
    expect(await appendToolArtifact(pool, key, 1, { kind: 'model_selected', data: { modelId: 'm' } })).toMatchObject({
      turnId: turn.id,
    });
    expect(await kindsOf(chat)).toEqual([
      'chat_created',
      'user_turn',
      'strategy_link',
      'strategy_unlinked',
      'model_selected',
    ]);
    expect(await holders([chat, other], id)).toEqual([other]);
  });

  it('is not appended after the end of its turn, and unlinks nothing then', async () => {
    const [chat, other, id] = [await newChat(), await newChat(), newStrategy()];
    const { pool } = api.database;
    const story = tellStory(pool, { chatId: chat.id, hostId: 'agent' });
    const turnId = await story.say('Find genes.', 'Found.');
    await link(other, id);
    const artifact = { kind: 'strategy_link', data: { strategyId: id, isSaved: true } } as const;
    expect(await appendToolArtifact(pool, { turnId, callId: 'c' }, 0, artifact)).toBeNull();
    expect(await appendToolArtifact(pool, { turnId: 'turn_x', callId: 'c' }, 0, artifact)).toBeNull();
    expect(await holders([chat, other], id)).toEqual([other]);
  });
});
