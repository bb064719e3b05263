import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { checkServer, UnfitServer } from '../../../db/core/checkServer.js';
import { createPool, transaction } from '../../../db/core/pool.js';
import { type PgBouncer, type PgBouncerOptions, startPgBouncer } from '../../support/postgres/pgbouncer.js';
import { createTestDatabase, type TestDatabase } from '../../support/postgres/postgres.js';
import { startTestApi, type TestApi } from '../../support/service/api.js';
import { openFollowingViewer } from '../../support/viewers/followingViewer.js';

jest.setTimeout(30_000);

const startupParameters = ['extra_float_digits', 'statement_timeout', 'idle_in_transaction_session_timeout'];

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
}, 60_000);
afterAll(() => database?.drop());

async function behind<T>(options: PgBouncerOptions, use: (pooler: PgBouncer) => Promise<T>): Promise<T> {
  const pooler = await startPgBouncer(database.url, options);
  try {
    return await use(pooler);
  } finally {
    await pooler.close();
  }
}

const refusal = (check: Promise<void>): Promise<UnfitServer> =>
  check.then(
    () => {
      throw new Error('it fits');
    },
    (error) => {
      expect(error).toBeInstanceOf(UnfitServer);
      return error as UnfitServer;
    },
  );

describe('the check of the database server', () => {
  test('accepts Postgres itself', () => checkServer({ url: database.url }));

  test('refuses a pooler that does not know a startup parameter, in one line that names both', () =>
    behind({ mode: 'transaction' }, async ({ url }) => {
      const { code, message } = await refusal(checkServer({ url }));
      expect(code).toBe('transaction_pooler');
      expect(message).toMatch(/^DATABASE_URL: 127\.0\.0\.1:\d+ .*PgBouncer.* statement_timeout.*DATABASE_DIRECT_URL/);
      expect(message).not.toContain('\n');
      expect(message).not.toContain(new URL(url).password);
    }));

  test('refuses a pooler in transaction mode that ignores startup parameters, within seconds', () =>
    behind({ mode: 'transaction', ignores: startupParameters }, async ({ url }) => {
      const begunAt = Date.now();
      const { code, message } = await refusal(checkServer({ url }));
      expect(Date.now() - begunAt).toBeLessThan(5_000);
      expect(code).toBe('transaction_pooler');
      expect(message).toMatch(/^DATABASE_URL: .*PgBouncer.*transaction.*DATABASE_DIRECT_URL/);
    }));

  test('refuses a pooler in DATABASE_DIRECT_URL too', () =>
    behind({ mode: 'transaction' }, async ({ url }) => {
      const { message } = await refusal(checkServer({ url: database.url, directUrl: url }));
      expect(message).toMatch(/^DATABASE_DIRECT_URL: /);
    }));

  test('accepts a pooler in transaction mode with a DATABASE_DIRECT_URL', () =>
    behind({ mode: 'transaction' }, ({ url }) => checkServer({ url, directUrl: database.url })));

  test('accepts a pooler in session mode', () =>
    behind({ mode: 'session', ignores: startupParameters }, ({ url }) => checkServer({ url })));
});

test('a pool behind a pooler sets the statement timeout in its transactions', () =>
  behind({ mode: 'transaction', size: 2 }, async ({ url }) => {
    const pool = createPool(url, { max: 4, pooled: true, statementTimeoutMs: 200 });
    try {
      await expect(transaction(pool, (tx) => tx.query('select pg_sleep(5)'))).rejects.toMatchObject({ code: '57014' });
      const { rows } = await transaction(pool, (tx) =>
        tx.query("select current_setting('idle_in_transaction_session_timeout') as idle"),
      );
      expect(rows).toEqual([{ idle: '15s' }]);
    } finally {
      await pool.end();
    }
  }));

describe('the api behind a pooler in transaction mode', () => {
  let pooler: PgBouncer;
  let api: TestApi;
  beforeAll(async () => {
    pooler = await startPgBouncer(database.url, { mode: 'transaction', size: 3 });
    api = await startTestApi({ env: { DATABASE_URL: pooler.url, DATABASE_DIRECT_URL: database.url } });
  }, 60_000);
  afterAll(async () => {
    await api?.close();
    await pooler?.close();
  });

  test('accepts turns of many chats at once', async () => {
    const chats = await Promise.all(Array.from({ length: 8 }, () => api.client.newChat()));
    const answers = await Promise.all(
      Array.from({ length: 64 }, (_, n) =>
        api.client.send('POST', `/v1/chats/${chats[n % chats.length]?.id}/turns`, { text: `turn ${n}` }),
      ),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    for (const { id } of chats) {
      const events = await api.client.events(id);
      expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
      expect(events.filter(({ kind }) => kind === 'user_turn')).toHaveLength(8);
    }
  });

  test('notifies viewers of commits over a direct connection', async () => {
    const chat = await api.client.newChat();
    const viewer = openFollowingViewer(api.url, chat.id);
    try {
      await viewer.until('the chat', () => viewer.cursor() > 0);
      const turn = await api.client.postTurn(chat.id, 'one');
      // Without notifications it would be read after five seconds.
      await viewer.until('the turn', () => viewer.cursor() >= turn.userTurnSeq, 3_000);
    } finally {
      viewer.close();
    }
  });
});
