import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { migrate } from '../../../db/core/migrate.js';
import { createPool, type Pool } from '../../../db/core/pool.js';

export type TestDatabase = { url: string; pool: Pool; drop(): Promise<void> };

/** A fresh database on the run's Postgres, migrated unless the test does that itself, with a pool of its own. */
export async function createTestDatabase({
  schema = 'migrated',
}: {
  schema?: 'migrated' | 'none';
} = {}): Promise<TestDatabase> {
  const server = process.env.TEST_POSTGRES_URL;
  if (!server) throw new Error('TEST_POSTGRES_URL is not set: run this through the `integration` project of Jest');
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  const template = schema === 'migrated' ? process.env.TEST_DATABASE_TEMPLATE : undefined;
  await administer(server, `create database ${name}${template ? ` template ${template}` : ''}`);
  const url = Object.assign(new URL(server), { pathname: `/${name}` }).toString();
  if (schema === 'migrated' && !template) await migrate(url);
  const pool = createPool(url, { max: 8 });
  return {
    url,
    pool,
    async drop() {
      await pool.end();
      await administer(server, `drop database ${name} with (force)`);
    },
  };
}

async function administer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
