import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Problem } from '../../../client/src/index.js';
import { newId } from '../../../db/core/ids.js';
import { maxPageBytes } from '../../../db/core/page.js';
import { chatLimits } from '../../../domain/timeline/chatLimits.js';
import { startTestApi, type TestApi } from '../../support/service/api.js';

jest.setTimeout(60_000);

type Item = Record<string, unknown>;
type Read = { items: Item[]; next: string | null; bytes: number };

let api: TestApi;
let chatId: string;
let turnId: string;
let documentId: string;
beforeAll(async () => {
  api = await startTestApi({ env: { REQUESTS_PER_MINUTE: '1000000' } });
  chatId = (await api.client.newChat()).id;
  turnId = (await api.client.postTurn(chatId, 'Is anybody there?')).id;
  documentId = (await create('/v1/documents', { title: 'One', body: 'One.' })).id;
}, 60_000);
afterAll(() => api.close());

const pool = () => api.database.pool;
async function create(path: string, body: object): Promise<{ id: string }> {
  const answer = await api.client.send<{ id: string }>('POST', path, body);
  if (answer.status !== 201) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body;
}

async function read(path: string, query: Record<string, string>): Promise<Read> {
  const response = await fetch(`${api.url}${path}?${new URLSearchParams(query)}`);
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${path}: ${response.status} ${text}`);
  return { ...(JSON.parse(text) as Read), bytes: Buffer.byteLength(text) };
}

/** All pages of a list; each is checked to be within its bytes, or to have one item. */
async function walk(path: string, query: Record<string, string>, cursor = 'cursor') {
  const pages: Read[] = [];
  for (let next: string | null = ''; next !== null; next = pages.at(-1)!.next) {
    const page: Read = await read(path, { ...query, ...(next === '' ? {} : { [cursor]: next }) });
    if (page.items.length !== 1) expect(page.bytes).toBeLessThanOrEqual(maxPageBytes);
    if (page.next !== null) expect(page.items.length).toBeGreaterThan(0);
    pages.push(page);
  }
  return pages;
}

const large = (n: number) => `${n}: ${'compresses very well. '.repeat(40_000)}`;
const count = 12;
const numbers = Array.from({ length: count }, (_, n) => n);

/** Each list: how it is filled with a dozen of large items, and by what they are told apart. */
const lists: Record<
  string,
  { path: () => string; query?: Record<string, string>; key: string; fill(): Promise<void> }
> = {
  characters: {
    path: () => '/v1/characters',
    query: { fields: 'body' },
    key: 'id',
    async fill() {
      const persona = 'ß'.repeat(200_000);
      for (const n of numbers) await create('/v1/characters', { name: `N${n}`, persona, greeting: persona });
    },
  },
  documents: {
    path: () => '/v1/documents',
    query: { fields: 'body' },
    key: 'id',
    async fill() {
      for (const n of numbers) await create('/v1/documents', { title: `T${n}`, body: large(n) });
    },
  },
  chats: {
    path: () => '/v1/chats',
    key: 'id',
    async fill() {
      for (const n of numbers) await create('/v1/chats', { kind: 'agent', systemPrompt: large(n) });
    },
  },
  memories: {
    path: () => `/v1/chats/${chatId}/memories`,
    key: 'id',
    async fill() {
      for (const n of numbers)
        await pool().query(
          `insert into memories (chat_id, id, text, witnesses, chat_clock, written_seq, written_at)
           values ($1, $2, $3, '[]', 1, $4, now())`,
          [chatId, newId('mem'), large(n), n + 1],
        );
    },
  },
  scenes: {
    path: () => `/v1/chats/${chatId}/scenes`,
    key: 'id',
    async fill() {
      for (const n of numbers)
        await pool().query(
          `insert into scenes (chat_id, id, container, opened_seq, opened_at, summaries) values ($1, $2, 'a', $3, now(), $4)`,
          [chatId, newId('scn'), n + 100, { chr_1: large(n) }],
        );
    },
  },
  storyEvents: {
    path: () => `/v1/chats/${chatId}/storyEvents`,
    key: 'id',
    async fill() {
      for (const n of numbers)
        await pool().query(
          `insert into story_events (chat_id, id, title, description, status, planned_seq, created_at, updated_at)
           values ($1, $2, 'a', $3, 'planned', $4, now(), now())`,
          [chatId, newId('evt'), large(n), n + 1],
        );
    },
  },
  edges: {
    path: () => `/v1/chats/${chatId}/edges`,
    key: 'targetId',
    async fill() {
      for (const n of numbers)
        await pool().query(
          `insert into edges (chat_id, source_id, target_id, affinity, trust, knowledge_facts) values ($1, 'you', $2, 50, 50, $3)`,
          [chatId, newId('chr'), JSON.stringify([large(n)])],
        );
    },
  },
  changes: {
    path: () => `/v1/documents/${documentId}/changes`,
    key: 'id',
    async fill() {
      for (const n of numbers)
        await pool().query(
          `insert into changes (chat_id, id, document_id, state, original, proposed, reason, message_seq, proposed_seq, position)
           values ($1, $2, $3, 'pending', 'One', $4, '', 1, 1, $5)`,
          [chatId, newId('chg'), documentId, large(n), n],
        );
    },
  },
  versions: {
    path: () => `/v1/turns/${turnId}/versions`,
    key: 'turnId',
    async fill() {
      for (const n of numbers) {
        const id = newId('turn');
        await pool().query(
          `insert into turns (id, root_id, prose_id, chat_id, owner, kind, status, rank, user_turn_seq, request_hash, when_failed)
           select $1, root_id, root_id, chat_id, owner, kind, 'completed', rank, user_turn_seq, '', 'fail' from turns where id = $2`,
          [id, turnId],
        );
        await pool().query(
          `insert into events (chat_id, seq, kind, turn_id, step, n, data) values ($1, $2, 'assistant_turn', $3, 'reply:0', 0, $4)`,
          [chatId, 1_000 + n, id, { beat: 0, speakerId: 'chr_1', text: large(n), truncated: false, userTurnSeq: 2 }],
        );
      }
    },
  },
  tools: {
    path: () => '/v1/tools',
    key: 'name',
    async fill() {
      for (const n of numbers)
        await pool().query(
          `insert into tools (name, description, parameters, level, source, needs_approval, idempotent, timeout_ms)
           values ($1, $2, '{}', 1, $3, false, true, 1000)`,
          [`tool_${n}`, large(n), n % 2 ? 'builtin' : 'mcp:x'],
        );
    },
  },
};

describe.each(Object.entries(lists))('the list of %s', (_name, { path, query = {}, key, fill }) => {
  beforeAll(fill);

  it('has pages of at most 4 MiB that together have every item once', async () => {
    const pages = await walk(path(), { ...query, limit: '1000' });
    expect(pages.length).toBeGreaterThan(2);
    const keys = pages.flatMap(({ items }) => items.map((item) => item[key]));
    expect(keys.length).toBeGreaterThanOrEqual(count);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('has the same items in the same order for any limit, and reversed with order=desc', async () => {
    const keys = async (more: Record<string, string>) =>
      (await walk(path(), { ...query, ...more })).flatMap(({ items }) => items.map((item) => item[key]));
    const all = await keys({ limit: '1000' });
    expect(await keys({ limit: '3' })).toEqual(all);
    expect(await keys({ limit: '5', order: 'desc' })).toEqual(all.toReversed());
  });
});

it('the list of documents leaves their bodies out unless they are asked for', async () => {
  const { items } = await read('/v1/documents', { limit: '1000' });
  expect(items.length).toBeGreaterThan(count);
  expect(Object.keys(items[0]!).sort()).toEqual(['createdAt', 'id', 'title', 'updatedAt', 'version']);
  const wrong = await api.client.send<Problem>('GET', '/v1/documents?fields=all');
  expect([wrong.status, wrong.body.code]).toEqual([400, 'invalid_query']);
});

it('the log has pages of at most 4 MiB, also for events of a release that did not store sizes', async () => {
  const chat = await create('/v1/chats', { kind: 'agent' });
  for (const n of numbers)
    await create(`/v1/chats/${chat.id}/events`, { kind: 'reasoning', data: { reasoning: large(n) } });
  const seqs = async () =>
    (await walk(`/v1/chats/${chat.id}/events`, { limit: '1000' }, 'after')).map(({ items }) =>
      items.map(({ seq }) => seq),
    );
  const counted = await seqs();
  expect(counted.length).toBeGreaterThan(2);
  expect(counted.flat()).toEqual(Array.from({ length: count + 1 }, (_, n) => n + 1));
  await pool().query('update events set bytes = null where chat_id = $1', [chat.id]);
  expect(await seqs()).toEqual(counted);
  const newestFirst = await walk(`/v1/chats/${chat.id}/events`, { limit: '5', order: 'desc' }, 'cursor');
  expect(newestFirst.flatMap(({ items }) => items.map(({ seq }) => seq))).toEqual(counted.flat().toReversed());
});

describe('a chat', () => {
  it('whose queue is full refuses another turn with queue_full', async () => {
    const chat = await api.client.newChat();
    for (let n = 0; n <= chatLimits.queued; n++) await api.client.postTurn(chat.id, `Turn ${n}.`);
    for (const whenBusy of ['enqueue', 'interrupt', 'rollback'] as const) {
      const refused = await api.client.sendTurn(chat.id, 'One more.', { whenBusy });
      expect([refused.status, refused.body.code]).toEqual([409, 'queue_full']);
    }
    const { queue, seq } = await api.client.getChat(chat.id);
    expect([queue.length, seq]).toEqual([chatLimits.queued, chatLimits.queued + 2]);
    await api.client.cancelTurn(queue.at(-1) as string);
    expect((await api.client.sendTurn(chat.id, 'One more.')).status).toBe(202);
  });

  it.each([
    ['events', 'update chats set seq = $2 where id = $1', chatLimits.events],
    ['bytes', 'update chats set log_bytes = $2 where id = $1', chatLimits.logBytes],
  ])(
    'with the maximum of %s refuses further turns and artifacts, and can be read, forked and deleted',
    async (_what, statement, most) => {
      const chat = await api.client.newChat();
      const turn = await api.client.postTurn(chat.id, 'Hi');
      await pool().query(statement, [chat.id, most]);
      const refused: [string, string, object?][] = [
        ['POST', `/v1/chats/${chat.id}/turns`, { text: 'Hi' }],
        ['POST', `/v1/turns/${turn.id}/regenerate`],
        ['POST', `/v1/chats/${chat.id}/events`, { kind: 'reasoning', data: { reasoning: 'x' } }],
        ['POST', `/v1/chats/${chat.id}/scenes`, { container: 'x' }],
        ['POST', `/v1/chats/${chat.id}/scenes/current/close`],
        ['POST', `/v1/chats/${chat.id}/storyEvents`, { title: 'x', description: 'x' }],
        ['POST', `/v1/chats/${chat.id}/rewind`, { toSeq: 1 }],
        ['POST', `/v1/chats/${chat.id}/rewind/undo`],
        ['POST', `/v1/turns/${turn.id}/versions/${turn.id}/activate`],
        ['PATCH', `/v1/chats/${chat.id}`, { guestId: null }],
      ];
      for (const [method, path, body] of refused) {
        const answer = await api.client.send<Problem>(method, path, body);
        expect([path, answer.status, answer.body.code]).toEqual([path, 409, 'chat_full']);
      }
      expect((await api.client.messages(chat.id)).items).toHaveLength(1);
      const fork = await api.client.send<Problem>('POST', `/v1/chats/${chat.id}/fork`, { atSeq: 1 });
      expect(fork.body.code).toBe('turn_in_progress');
      expect((await api.client.send('POST', `/v1/turns/${turn.id}/cancel`)).status).toBe(204);
      expect((await api.client.send('DELETE', `/v1/chats/${chat.id}`)).status).toBe(204);
    },
  );

  it('counts the bytes of its log, also for events of a release that did not, and so does its fork', async () => {
    const chat = await create('/v1/chats', { kind: 'agent' });
    const append = (text: string) =>
      create(`/v1/chats/${chat.id}/events`, { kind: 'reasoning', data: { reasoning: text } });
    const counted = async (id: string) => {
      const { rows } = await pool().query(
        `select log_bytes as kept, (select sum(bytes) from events where chat_id = $1) as bytes,
           (select sum(octet_length(data::text)) from events where chat_id = $1) as written from chats where id = $1`,
        [id],
      );
      return rows[0] as { kept: number; bytes: number; written: number };
    };
    await append('ß'.repeat(1_000));
    const before = await counted(chat.id);
    expect([before.kept, before.kept > 2_000]).toEqual([before.bytes, true]);
    await pool().query('update events set bytes = null where chat_id = $1', [chat.id]);
    await pool().query('update chats set log_bytes = null where id = $1', [chat.id]);
    await append('x');
    const after = await counted(chat.id);
    expect([after.kept, before.written]).toEqual([before.written + after.bytes, before.written]);
    const fork = await create(`/v1/chats/${chat.id}/fork`, { atSeq: 3 });
    const forked = await counted(fork.id);
    expect([forked.kept, forked.kept > 2_000]).toEqual([forked.bytes, true]);
  });
});
