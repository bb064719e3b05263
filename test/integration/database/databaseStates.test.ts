import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { createPool, type Pool, transaction } from '../../../db/core/pool.js';
import { whyUnavailable } from '../../../db/core/unavailable.js';
import { createTestDatabase, type TestDatabase } from '../../support/postgres/postgres.js';

jest.setTimeout(30_000);

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await createTestDatabase();
  await database.pool.query('create table lines (id integer primary key, n integer)');
  await database.pool.query('insert into lines values (1, 0), (2, 0)');
  pool = createPool(database.url, { max: 1, statementTimeoutMs: 500 });
}, 60_000);
afterAll(async () => {
  await pool.end();
  await database.drop();
});

type Failed = Error & { code?: string };
const failureOf = (work: Promise<unknown>): Promise<Failed> =>
  work.then(
    () => {
      throw new Error('it succeeded');
    },
    (error: Failed) => error,
  );
const pid = async () => (await pool.query('select pg_backend_pid() as pid')).rows[0].pid as number;

test.each([
  ['08006', 'unreachable'],
  ['57P01', 'unreachable'],
  ['57P02', 'unreachable'],
  ['57P03', 'unreachable'],
  ['25006', 'read_only'],
  ['53100', 'overloaded'],
  ['53200', 'overloaded'],
  ['53300', 'overloaded'],
  ['58030', 'overloaded'],
  ['57014', 'timeout'],
])('an error with the SQLSTATE %s means %s, and its connection is not used again', async (state, why) => {
  const before = await pid();
  const error = await failureOf(
    transaction(pool, (tx) => tx.query(`do $$ begin raise exception 'no' using errcode = '${state}'; end $$`)),
  );
  expect(error.code).toBe(state);
  expect(whyUnavailable(error)).toBe(why);
  expect(await pid()).not.toBe(before);
});

test.each(['23505', '22P02', '42P01', 'P0001', 'XX000'])(
  'an error with the SQLSTATE %s is no outage, and its connection is used again',
  async (state) => {
    const before = await pid();
    const error = await failureOf(
      transaction(pool, (tx) => tx.query(`do $$ begin raise exception 'no' using errcode = '${state}'; end $$`)),
    );
    expect(error.code).toBe(state);
    expect(whyUnavailable(error)).toBeNull();
    expect(await pid()).toBe(before);
  },
);

test('a transaction throws its first error, and not that of a statement after it', async () => {
  const deeply = async (work: Promise<unknown>) => {
    const [result] = await Promise.all([Promise.all([work]).then(([each]) => each)]);
    return result;
  };
  const error = await failureOf(
    transaction(pool, (tx) =>
      Promise.all([
        deeply(tx.query(`do $$ begin raise exception 'no' using errcode = '25006'; end $$`)),
        tx.query('select 1'),
      ]),
    ),
  );
  expect(error.code).toBe('25006');
});

test('a statement that runs for too long ends with 57014', async () => {
  const error = await failureOf(transaction(pool, (tx) => tx.query('select pg_sleep(20)')));
  expect(error.code).toBe('57014');
  expect(whyUnavailable(error)).toBe('timeout');
});

test('a transaction whose server process is terminated counts as an outage, and the next one gets another process', async () => {
  const before = await pid();
  const asleep = failureOf(pool.query('select pg_sleep(20)'));
  await database.pool.query('select pg_terminate_backend($1)', [before]);
  expect(whyUnavailable(await asleep)).toBe('unreachable');
  expect(await pid()).not.toBe(before);
});

test('an idle connection whose server process is terminated causes no error', async () => {
  const before = await pid();
  const { rows } = await database.pool.query('select pg_terminate_backend($1, 5000) as gone', [before]);
  expect(rows).toEqual([{ gone: true }]);
  expect(await pid()).not.toBe(before);
});

describe('a statement in conflict with another transaction', () => {
  const other = async (work: (release: () => Promise<void>) => Promise<void>) => {
    const client = await database.pool.connect();
    await client.query('begin');
    await client.query('update lines set n = n + 1 where id = 1');
    try {
      await work(async () => void (await client.query('commit')));
    } finally {
      await client.query('rollback');
      client.release();
    }
  };

  test('that holds a lock for too long leaves the connection in use', async () => {
    const before = await pid();
    await other(async () => {
      const error = await failureOf(
        transaction(pool, async (tx) => {
          await tx.query("set local lock_timeout = '50ms'");
          await tx.query('update lines set n = 0 where id = 1');
        }),
      );
      expect(error.code).toBe('55P03');
      expect(whyUnavailable(error)).toBe('conflict');
    });
    expect(await pid()).toBe(before);
  });

  test('that changed the same row meanwhile leaves the connection in use', async () => {
    const before = await pid();
    await other(async (commit) => {
      const error = await failureOf(
        transaction(pool, async (tx) => {
          await tx.query('set transaction isolation level repeatable read');
          await tx.query('select n from lines');
          await commit();
          await tx.query('update lines set n = 0 where id = 1');
        }),
      );
      expect(error.code).toBe('40001');
      expect(whyUnavailable(error)).toBe('conflict');
    });
    expect(await pid()).toBe(before);
  });
});
