import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createChat } from '../../../db/chats/newChat.js';
import { transaction } from '../../../db/core/pool.js';
import { proposeChanges } from '../../../db/documents/proposeChanges.js';
import { proposeEdit } from '../../../db/documents/proposeEdit.js';
import { appendEvents, lockChat } from '../../../db/timeline/log.js';
import { readProjections, rebuildProjections } from '../../../db/timeline/rebuild/rebuild.js';
import { claim, owner } from '../../support/chats/chats.js';
import { block, type DocumentResource, newThread } from '../../support/chats/documents.js';
import { type Body, sender } from '../../support/chats/narrativeApi.js';
import { startTestApi, type TestApi } from '../../support/service/api.js';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
}, 60_000);
afterAll(() => api.close());

const send = sender(() => api);
const changesOf = async (path: string) => (await send('GET', `${path}/changes`)).body.items;
const statesOf = async (path: string) =>
  (await changesOf(path)).map(({ state, staleSince }) => (staleSince ? `${state}, stale` : state));
const put = (path: string, version: number | string, body: object) =>
  send('PUT', path, body, { 'if-match': String(version) });
const idsOf = async (path: string) => (await changesOf(path)).map(({ id }) => String(id));
const accept = (id: string) => send('POST', `/v1/changes/${id}/accept`);
const kindsOf = async (chatId: string) => (await api.client.events(chatId)).map(({ kind }) => kind);

/** The log's own account of the projections, beside what they are. */
async function expectRebuilt(chatId: string) {
  const live = await readProjections(api.database.pool, chatId);
  await rebuildProjections(api.database.pool, chatId);
  expect(await readProjections(api.database.pool, chatId)).toEqual(live);
}

describe('a document', () => {
  it('is created, read, listed, and edited under its version', async () => {
    const created = await send('POST', '/v1/documents', { title: 'A', body: 'One.' });
    expect(created).toMatchObject({ status: 201, body: { title: 'A', body: 'One.', version: 1 } });
    expect(created.headers.get('etag')).toBe('"1"');
    const path = `/v1/documents/${created.body.id}`;
    expect(await put(path, '"1"', { body: 'Two.' })).toMatchObject({
      status: 200,
      body: { title: 'A', body: 'Two.', version: 2 },
    });
    expect(await put(path, 1, { body: 'Three.' })).toMatchObject({ status: 409, body: { code: 'version_mismatch' } });
    expect(await send('PUT', path, { body: 'x' })).toMatchObject({ status: 428, body: { code: 'version_required' } });
    expect(await send('GET', path)).toMatchObject({ status: 200, body: { body: 'Two.', version: 2 } });
    expect((await send('GET', '/v1/documents')).body.items).toContainEqual(expect.objectContaining({ version: 2 }));
    expect(await send('GET', '/v1/documents/doc_none')).toMatchObject({
      status: 404,
      body: { code: 'document_not_found' },
    });
    const thread = await send('POST', '/v1/chats', { kind: 'document', documentId: 'doc_none' });
    expect(thread).toMatchObject({ status: 404, body: { code: 'document_not_found' } });
  });

  it('has chats about its whole text or a part', async () => {
    const { documentId } = await newThread(api, 'Body.');
    const anchor = { quote: 'Body', start: 0, end: 4 };
    const { body } = await send('POST', '/v1/chats', { kind: 'document', documentId, anchor });
    expect(body).toMatchObject({ kind: 'document', documentId, anchor });
  });
});

describe('the changes that a reply proposes', () => {
  it('are appended once, in the order of their source, also when there are none', async () => {
    const { chat, path, reply } = await newThread(api, 'a b c');
    const turnId = await reply(`So: ${block('c', 'C')} and ${block('a', 'A')}`);
    await proposeChanges(api.database.pool, turnId);
    await reply('Nothing to change.');
    const events = await api.client.events(chat.id);
    const proposed = events.flatMap((event) => (event.kind === 'changes_proposed' ? [event.data] : []));
    const replies = events.flatMap(({ kind, seq }) => (kind === 'assistant_turn' ? [seq] : []));
    const changes = await changesOf(path);
    expect(proposed).toEqual([
      { messageSeq: replies[0], changeIds: changes.map(({ id }) => id), count: 2 },
      { messageSeq: replies[1], changeIds: [], count: 0 },
    ]);
    expect(changes).toMatchObject([
      {
        kind: 'ai',
        state: 'pending',
        original: 'c',
        proposed: 'C',
        reason: 'Better.',
        staleSince: null,
        messageSeq: replies[0],
      },
      { original: 'a' },
    ]);
    await expectRebuilt(chat.id);
  });

  it('are applied at their first occurrence, and make others stale, which cannot be accepted', async () => {
    const { chat, path, reply } = await newThread(api, 'cat cat $& dog');
    await reply([block('cat', '$& cow'), block('cat $& dog', 'x'), block('cat cat', 'y')].join(' '));
    const [first = '', second = '', third = ''] = await idsOf(path);
    expect(await accept(first)).toMatchObject({ status: 200, body: { id: first, state: 'accepted' } });
    expect((await send('GET', path)).body).toMatchObject({ body: '$& cow cat $& dog', version: 2 });
    expect(await statesOf(path)).toEqual(['accepted', 'pending', 'pending, stale']);
    expect(await accept(third)).toMatchObject({ status: 409, body: { code: 'change_stale' } });
    expect(await accept(first)).toMatchObject({ status: 409, body: { code: 'change_not_pending' } });
    expect((await accept(second)).status).toBe(200);
    const kinds = await kindsOf(chat.id);
    expect(kinds.filter((kind) => kind.startsWith('change_'))).toEqual([
      'change_accepted',
      'change_stale',
      'change_accepted',
    ]);
    expect(await accept('chg_none')).toMatchObject({ status: 404, body: { code: 'change_not_found' } });
    await expectRebuilt(chat.id);
  });

  it('whose original is not in the document stay pending and cannot be accepted', async () => {
    const { path, reply } = await newThread(api, 'text');
    await reply(block('nowhere', 'x'));
    const [id = ''] = await idsOf(path);
    expect(await statesOf(path)).toEqual(['pending']);
    expect(await accept(id)).toMatchObject({ status: 409, body: { code: 'change_stale' } });
  });

  it('are declined with a comment that people see and models do not get', async () => {
    const { chat, path, reply } = await newThread(api, 'a b');
    await reply(block('a', 'A'));
    const [id = ''] = await idsOf(path);
    const declined = await send('POST', `/v1/changes/${id}/decline`, { comment: 'Not now.' });
    expect(declined).toMatchObject({ status: 200, body: { state: 'declined' } });
    expect(await send('POST', `/v1/changes/${id}/decline`)).toMatchObject({ status: 409 });
    const { items } = await api.client.messages(chat.id);
    expect(items.at(-1)).toMatchObject({ role: 'system', content: 'Not now.' });
    await expectRebuilt(chat.id);
  });

  it('are marked as stale once by an edit that removes their original', async () => {
    const { chat, path, reply } = await newThread(api, 'a b');
    await reply(block('a', 'A'));
    await put(path, 1, { title: 'Other' });
    expect(await statesOf(path)).toEqual(['pending']);
    await put(path, 2, { body: 'b' });
    const [{ staleSince } = {} as Body] = await changesOf(path);
    await put(path, 3, { body: 'b b' });
    await put(path, 4, { body: 'a is back' });
    expect(await changesOf(path)).toMatchObject([{ state: 'pending', staleSince }]);
    const kinds = await kindsOf(chat.id);
    expect(kinds.filter((kind) => kind === 'change_stale')).toHaveLength(1);
    expect(kinds.filter((kind) => kind === 'system_message')).toHaveLength(4);
    await expectRebuilt(chat.id);
  });

  it('of all chats about a document are updated when one is accepted', async () => {
    const one = await newThread(api, 'a b');
    const other = await newThread(api, '', one.documentId);
    await one.reply(block('a', 'x'));
    await other.reply(block('a b', 'y'));
    const [mine = ''] = await idsOf(one.path);
    await accept(mine);
    expect(await statesOf(one.path)).toEqual(['accepted', 'pending, stale']);
    expect(await kindsOf(other.chat.id)).toContain('change_stale');
    expect(await kindsOf(other.chat.id)).not.toContain('change_accepted');
  });

  it('are hidden and restored with their reply by a rewind, which never changes the body', async () => {
    const { chat, path, reply } = await newThread(api, 'a b');
    await reply(block('a', 'A'));
    const [id = ''] = await idsOf(path);
    await accept(id);
    await send('POST', `/v1/chats/${chat.id}/rewind`, { toSeq: 1 });
    expect(await changesOf(path)).toEqual([]);
    expect((await send('GET', path)).body.body).toBe('A b');
    await send('POST', `/v1/chats/${chat.id}/rewind/undo`);
    expect(await statesOf(path)).toEqual(['accepted']);
  });

  it('have ids of their own in a fork', async () => {
    const { chat, path, reply } = await newThread(api, 'a b');
    await reply(block('a', 'A'));
    const { body: fork } = await send('POST', `/v1/chats/${chat.id}/fork`, { atSeq: 5 });
    expect(fork).toMatchObject({ kind: 'document' });
    const ids = await idsOf(path);
    expect(new Set(ids).size).toBe(2);
    expect((await accept(ids[0] ?? '')).status).toBe(200);
    expect(await statesOf(path)).toEqual(['accepted', 'pending, stale']);
  });
});

describe('a document with too many proposed changes', () => {
  const many = (count: number, original: string) =>
    Array.from({ length: count }, (_, n) => block(original, `${original} ${n}`)).join('\n');
  const proposed = async (chatId: string) =>
    (await api.client.events(chatId)).flatMap((event) => (event.kind === 'changes_proposed' ? [event.data.count] : []));

  it('has a limit of changes per reply and in total, and a message says so', async () => {
    const { chat, path, documentId, reply } = await newThread(api, 'a b');
    for (let n = 0; n < 4; n++) await reply(many(n === 1 ? 200 : 250, 'a'));
    expect(await proposed(chat.id)).toEqual([200, 200, 100, 0]);
    const { items } = await api.client.messages(chat.id);
    const told = items.filter(({ role }) => role === 'system').map(({ content }) => content.slice(0, 26));
    expect(told).toEqual(['Only the first 200 changes', 'Only the first 100 changes', 'Only the first 0 changes o']);
    await expectRebuilt(chat.id);

    const { pool } = api.database;
    const settings = {};
    const agent = await createChat(pool, owner, { kind: 'agent', title: null, documentId, settings });
    const { turn } = await claim(pool, agent.id);
    const edit = { original: 'a', proposed: 'b', reason: '' };
    await transaction(pool, async (tx) => {
      await lockChat(tx, agent.id);
      const data = { id: 'call_0_0', name: 'propose_edit', arguments: edit };
      const cause = { chatId: agent.id, turnId: turn.id, step: 'tool:call_0_0' };
      await appendEvents(tx, cause, [{ kind: 'tool_call_start', data }]);
    });
    const key = { turnId: turn.id, callId: 'call_0_0' };
    const refused = { success: false, content: expect.stringMatching(/^too_many_changes: /) };
    expect(await proposeEdit(pool, key, edit)).toEqual(refused);
    const [first = ''] = await idsOf(path);
    await send('POST', `/v1/changes/${first}/decline`);
    expect(await proposeEdit(pool, key, edit)).toMatchObject({ success: true });
  }, 60_000);

  it('lists its changes in pages, in the order of their source, each once', async () => {
    const { path, documentId, reply } = await newThread(api, 'a b');
    const other = await newThread(api, '', documentId);
    for (const thread of [reply, other.reply, reply]) await thread(many(3, 'a'));
    const whole = await idsOf(path);
    const paged: string[] = [];
    let cursor: string | null = '';
    for (let pages = 0; cursor !== null && pages < 10; pages++) {
      const query: string = cursor === '' ? '' : `&cursor=${cursor}`;
      const { body } = await send('GET', `${path}/changes?limit=2${query}`);
      expect(body.items.length).toBeLessThanOrEqual(2);
      paged.push(...body.items.map(({ id }) => String(id)));
      cursor = body.next as string | null;
    }
    expect(paged).toEqual(whole);
    expect(new Set(paged).size).toBe(9);
    expect((await send('GET', `${path}/changes?cursor=nonsense`)).status).toBe(400);
  });

  it('checks for stale changes after an edit in batches, while other requests are served', async () => {
    const body = 'a'.repeat(900_000);
    const { path, reply } = await newThread(api, body);
    // a search that compares at each place would take hours
    for (let n = 0; n < 2; n++) await reply(many(100, `${'a'.repeat(15_000)}b${'a'.repeat(3_000)}`));
    let turns = 0;
    const ticking = setInterval(() => turns++, 1);
    expect((await put(path, 1, { body: `${body}a` })).status).toBe(200);
    clearInterval(ticking);
    expect(turns).toBeGreaterThan(20);
    const { body: first } = await send('GET', `${path}/changes?limit=100`);
    const { body: second } = await send('GET', `${path}/changes?limit=100&cursor=${first.next}`);
    expect([...first.items, ...second.items].filter(({ staleSince }) => staleSince)).toHaveLength(200);
  }, 120_000);

  it('finishes an interrupted check for stale changes when they are listed', async () => {
    const { chat, path, documentId, reply } = await newThread(api, 'a b');
    await reply(block('a', 'A'));
    await api.database.pool.query("update documents set body = 'b', version = 2, unchecked_version = 2 where id = $1", [
      documentId,
    ]);
    expect(await statesOf(path)).toEqual(['pending, stale']);
    expect(await statesOf(path)).toEqual(['pending, stale']);
    expect((await kindsOf(chat.id)).filter((kind) => kind === 'change_stale')).toHaveLength(1);
    await expectRebuilt(chat.id);
  });
});

describe('two people who edit at the same time', () => {
  it('lose no update: each accepted change and each edit is in the body or was refused', async () => {
    const words = Array.from({ length: 12 }, (_, n) => `w${n}x`);
    const { path, reply, chat } = await newThread(api, words.join(' '));
    await reply(words.map((word, n) => block(word, `W${n}X`)).join('\n'));
    const ids = await idsOf(path);
    const edit = async (n: number) => {
      const { body } = await send('GET', path);
      const document = body as unknown as DocumentResource;
      return put(path, document.version, { body: `${document.body} e${n}e` });
    };
    const [accepted, edited] = await Promise.all([
      Promise.all(ids.map(accept)),
      Promise.all(Array.from({ length: 8 }, (_, n) => edit(n))),
    ]);
    expect(new Set(accepted.map(({ status }) => status))).toEqual(new Set([200]));
    const { body: document } = await send('GET', path);
    for (const n of ids.keys()) expect(document.body).toContain(`W${n}X`);
    for (const [n, { status }] of edited.entries()) {
      expect([200, 409]).toContain(status);
      expect(String(document.body).includes(`e${n}e`)).toBe(status === 200);
    }
    expect(document.version).toBe(1 + ids.length + edited.filter(({ status }) => status === 200).length);
    await expectRebuilt(chat.id);
  });

  it('accept the same change once', async () => {
    const { path, reply } = await newThread(api, 'aaaa');
    await reply(block('a', 'b'));
    const [id = ''] = await idsOf(path);
    const answers = await Promise.all(Array.from({ length: 10 }, () => accept(id)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect((await send('GET', path)).body).toMatchObject({ body: 'baaa', version: 2 });
  });
});
