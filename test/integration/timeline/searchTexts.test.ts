import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Pool } from '../../../db/core/pool.js';
import { forkChat } from '../../../db/timeline/fork.js';
import { rewindChat, undoRewind } from '../../../db/timeline/rewind.js';
import { searchTexts, type TextPlace, wordsOf } from '../../../db/timeline/searchTexts.js';
import { owner, seedChat } from '../../support/chats/chats.js';
import { tellStory } from '../../support/chats/timeline.js';
import { createExplainedPool } from '../../support/postgres/explainedPool.js';
import { createTestDatabase, type TestDatabase } from '../../support/postgres/postgres.js';

let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = database.pool;
});
afterAll(() => database.drop());

const search = async (query: string, of = owner) =>
  (await searchTexts(pool, of, wordsOf(query), { after: null, limit: 50 })).map(({ kind, snippet }) => [kind, snippet]);
const begin = async () => tellStory(pool, await seedChat(pool));

describe('a search', () => {
  test('finds what was said if each word begins a word of it, newest first, and nothing of other owners', async () => {
    const story = await begin();
    await story.say('Where is the Lighthouse?', "Beyond the old harbour's wall.");
    await story.say('Does the lighthouse keeper sleep?', 'Never. 灯台守は眠らない。');
    expect(await search('lightHOUSE')).toEqual([
      ['user_turn', 'Does the lighthouse keeper sleep?'],
      ['user_turn', 'Where is the Lighthouse?'],
    ]);
    expect(await search('light sleep')).toEqual([['user_turn', 'Does the lighthouse keeper sleep?']]);
    expect(await search("harbour's")).toHaveLength(1);
    expect(await search('眠ら')).toHaveLength(1);
    expect(await search('ら眠')).toEqual([]);
    expect(await search('house')).toEqual([]);
    expect(await search('"; -- \' & | !')).toEqual([]);
    expect(await search('lighthouse', 'another')).toEqual([]);
  });

  test('finds no text that an edit, another version or a rewind took out of the timeline', async () => {
    const story = await begin();
    const turnId = await story.say('Tell me about walruses.', 'A walrus has tusks.');
    await story.sayAgain(turnId, 'A narwhal has one tusk.', { text: 'Tell me about narwhals.' });
    expect(await search('walrus')).toEqual([]);
    expect(await search('narwhal')).toEqual([
      ['assistant_turn', 'A narwhal has one tusk.'],
      ['user_turn_edit', 'Tell me about narwhals.'],
    ]);
    await rewindChat(pool, { chatId: story.chatId, owner, toSeq: 1, interrupt: false });
    expect(await search('narwhal')).toEqual([]);
    await undoRewind(pool, { chatId: story.chatId, owner });
    expect(await search('narwhal')).toHaveLength(2);
  });

  test('finds the texts of a fork up to its place, and none that comes later', async () => {
    const story = await begin();
    await story.say('Where do puffins nest?', 'In burrows.');
    const { rows } = await pool.query<{ seq: number }>('select seq from chats where id = $1', [story.chatId]);
    await story.say('And where do gannets nest?', 'On cliffs.');
    const fork = await forkChat(pool, { chatId: story.chatId, owner, atSeq: rows[0]!.seq });
    expect(await search('puffins')).toHaveLength(2);
    expect(await search('gannets')).toHaveLength(1);
    expect(await search('nest')).toHaveLength(3);
    const found = await searchTexts(pool, owner, wordsOf('burrows'), { after: null, limit: 50 });
    expect(new Set(found.map(({ chatId }) => chatId))).toEqual(new Set([story.chatId, fork.id]));
  });

  test('shows the part of a long text around the word, also of a text of 1 MiB', async () => {
    const story = await begin();
    await story.say(`${'grey fog '.repeat(5_000)}pelican ${'x '.repeat(400_000)}heron`, 'Yes.');
    const [[, snippet] = []] = await search('pelican');
    expect(snippet).toContain('pelican');
    expect(snippet!.length).toBeLessThanOrEqual(240);
  });

  test('reads a page in time with what it finds, among 40,000 texts of the owner', async () => {
    const story = await begin();
    await pool.query(
      `insert into event_texts (chat_id, seq, at, words)
       select 'chat_of_before', n, now(), array_to_tsvector(array[left(md5($1), 8) || md5(n::text), left(md5($1), 8) || n % 1000])
       from generate_series(1, 40000) as n`,
      [owner],
    );
    await story.say('One axolotl.', 'Two axolotls.');
    await pool.query('analyze event_texts');
    const explained = createExplainedPool(database.url);
    try {
      const [first] = await searchTexts(explained.pool, owner, ['axolotl'], { after: null, limit: 1 });
      const second = await searchTexts(explained.pool, owner, ['axolotl'], { after: first as TextPlace, limit: 5 });
      expect([first, ...second].map((found) => found!.kind)).toEqual(['assistant_turn', 'user_turn']);
      for (const { read } of explained.taken()) expect(read.get('event_texts')?.rows ?? 0).toBeLessThanOrEqual(10);
    } finally {
      await explained.pool.end();
    }
  }, 120_000);
});
