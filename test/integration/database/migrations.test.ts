import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { migrate } from '../../../db/core/migrate.js';
import type { Pool } from '../../../db/core/pool.js';
import { readProjections, rebuildProjections } from '../../../db/timeline/rebuild/rebuild.js';
import { claim } from '../../support/chats/chats.js';
import { createTestDatabase, type TestDatabase } from '../../support/postgres/postgres.js';
import { dumpSchema } from '../../support/postgres/schemaDump.js';

jest.setTimeout(60_000);

const fixtures = new URL('../../fixtures/', import.meta.url);
const schemaFile = new URL('schema.sql', fixtures);
const lastRelease = new URL('0.1.0.sql', fixtures);

/** Two starters at once, as when two containers are deployed. */
const migrateTwice = (url: string) => Promise.all([migrate(url), migrate(url)]);

describe('the database schema', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase({ schema: 'none' });
    await migrateTwice(database.url);
  }, 60_000);
  afterAll(() => database?.drop());

  test('equals test/fixtures/schema.sql, also when two processes migrate at once', async () => {
    const schema = await dumpSchema(database.pool);
    if (process.env.UPDATE_FIXTURES) await writeFile(schemaFile, schema);
    expect(schema).toBe(await readFile(schemaFile, 'utf8'));
  });

  test('has an index for each foreign key', async () => {
    const { rows } = await database.pool.query(
      `select k.conname as name from pg_constraint k
       where k.contype = 'f' and k.connamespace = 'public'::regnamespace and not exists (
         select from pg_index i
         where i.indrelid = k.conrelid and i.indpred is null
           and (i.indkey::smallint[])[0:array_length(k.conkey, 1) - 1] @> k.conkey
       )`,
    );
    expect(rows).toEqual([]);
  });

  test('has no foreign key to chats, which would delete a long chat in one statement', async () => {
    const { rows } = await database.pool.query(
      "select conname from pg_constraint where contype = 'f' and confrelid = 'chats'::regclass",
    );
    expect(rows).toEqual([]);
  });
});

describe('the database of the last release', () => {
  let database: TestDatabase;
  let before: Map<string, string[]>;
  beforeAll(async () => {
    database = await createTestDatabase({ schema: 'none' });
    await database.pool.query(await readFile(lastRelease, 'utf8'));
    before = await readAll(database.pool);
    await migrateTwice(database.url);
  }, 60_000);
  afterAll(() => database?.drop());

  test('has rows of every kind of chat, so that the migration is a real test', async () => {
    const { rows } = await database.pool.query('select distinct kind from chats order by kind');
    expect(rows.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['agent', 'document', 'narrative']));
    const open = await database.pool.query("select status from turns where status in ('queued', 'running')");
    expect(open.rows.length).toBeGreaterThan(0);
  });

  test('is migrated to the same schema, also by two processes at once', async () => {
    expect(await dumpSchema(database.pool)).toBe(await readFile(schemaFile, 'utf8'));
  });

  test('keeps every row in a migration', async () => {
    for (const [table, rows] of before) {
      const { rows: lost } = await database.pool.query(
        `select old from unnest($1::jsonb[]) as old where not exists (select from ${table} t where to_jsonb(t) @> old)`,
        [rows],
      );
      expect([table, lost]).toEqual([table, []]);
    }
  });

  test('counts after a migration the attempts at replies in flight, so that usage includes them', async () => {
    const { rows } = await database.pool.query<{ attempts: number; calls: number }>(
      `select (select coalesce(sum(attempt), 0)::integer from drafts where turn_id = t.id and status = 'streaming') as attempts,
         (select count(*) from model_calls where turn_id = t.id and step like 'reply:%' and usage is null) as calls
       from turns t where t.status in ('running', 'awaiting_operator')`,
    );
    expect(rows.length).toBeGreaterThan(0);
    for (const { attempts, calls } of rows) expect(calls).toBe(attempts);
  });

  test('has projections after a migration that equal a rebuild', async () => {
    const chats = await database.pool.query<{ id: string }>('select id from chats order by id');
    expect(chats.rows.length).toBeGreaterThan(3);
    for (const { id } of chats.rows) {
      const kept = await readProjections(database.pool, id);
      await rebuildProjections(database.pool, id);
      expect(await readProjections(database.pool, id)).toEqual(kept);
    }
  });

  test('takes new turns after a migration, whose events follow the old ones', async () => {
    const { rows } = await database.pool.query<{ id: string; seq: number }>(
      "select id, seq from chats where kind = 'narrative' and active_turn_id is null order by id",
    );
    expect(rows.length).toBeGreaterThan(0);
    for (const { id, seq } of rows) {
      const { turn } = await claim(database.pool, id);
      expect(turn).toMatchObject({ status: 'running', userTurnSeq: seq + 1 });
    }
    // In the release's own log times may run backwards: they were those of the transactions' starts.
    const backwards = await database.pool.query(
      `select n.chat_id, n.seq from unnest($1::text[], $2::integer[]) as c(id, seq)
         join events n on n.chat_id = c.id and n.seq > c.seq
       where n.at < (select max(at) from events e where e.chat_id = n.chat_id and e.seq < n.seq)`,
      [rows.map(({ id }) => id), rows.map(({ seq }) => seq)],
    );
    expect(backwards.rows).toEqual([]);
  });
});

/** Every row as text, by table. */
async function readAll(pool: Pool): Promise<Map<string, string[]>> {
  const tables = await pool.query<{ name: string }>(
    "select tablename as name from pg_tables where schemaname = 'public' order by 1",
  );
  const all = new Map<string, string[]>();
  for (const { name } of tables.rows) {
    const { rows } = await pool.query<{ row: string }>(`select to_jsonb(t)::text as row from ${name} t`);
    all.set(
      name,
      rows.map(({ row }) => row),
    );
  }
  return all;
}
