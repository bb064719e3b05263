import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import pg from 'pg';
import type { Chat } from '../../../client/src/index.js';
import { createListener } from '../../../db/core/listen.js';
import { migrate } from '../../../db/core/migrate.js';
import { type ScratchPostgres, startScratchPostgres } from '../../support/postgres/scratchPostgres.js';
import { startTestApi, type TestApi } from '../../support/service/api.js';
import { openCuttableWay } from '../../support/service/cuttableWay.js';
import { until } from '../../support/until.js';

jest.setTimeout(60_000);

const maxConnections = 24;
let server: ScratchPostgres;
let api: TestApi;
let chat: Chat;
beforeAll(async () => {
  server = await startScratchPostgres([`max_connections=${maxConnections}`, 'superuser_reserved_connections=0']);
  await migrate(server.url);
  api = await startTestApi({ env: { DATABASE_URL: server.url } });
  chat = await api.client.newChat();
}, 120_000);
afterAll(async () => {
  await api?.close();
  await server?.dispose();
}, 60_000);

const post = (key?: string) =>
  api.client.send<{ code: string; turn: { id: string } }>(
    'POST',
    `/v1/chats/${chat.id}/turns`,
    { text: 'one' },
    key ? { 'Idempotency-Key': key } : {},
  );

async function expectUnavailable(answer: Awaited<ReturnType<typeof post>>): Promise<void> {
  expect(answer).toMatchObject({ status: 503, body: { code: 'database_unavailable' } });
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
}

const postgresCheck = async () => {
  const { body } = await api.client.send<{ checks: { postgres: string } }>('GET', '/readyz');
  return body.checks.postgres;
};
const untilOk = () =>
  until('/readyz has nothing to say of Postgres', async () => (await postgresCheck()) === 'ok' || null);
const untilAccepted = (within = 20_000) =>
  until('a turn is accepted', async () => ((await post()).status === 202 ? true : null), within);

describe('a read-only Postgres', () => {
  test('leads to 503 with Retry-After and a red /readyz, and is used again when it takes writes', async () => {
    await untilOk();
    // The listener asks at times of its own.
    const connections = () =>
      server.run(
        "select pid from pg_stat_activity where backend_type = 'client backend' and application_name <> 'gateway-listener'",
      );
    const before = await connections();
    await server.set('default_transaction_read_only', 'on');
    await until('/readyz names it', async () => (/takes no writes/.test(await postgresCheck()) ? true : null));
    await expectUnavailable(await post());
    expect((await api.client.send('GET', `/v1/chats/${chat.id}`)).status).toBe(200);
    await server.set('default_transaction_read_only', 'off');
    await untilAccepted();
    await untilOk();
    const after = await connections();
    const kept = after.rows.filter(({ pid }) => before.rows.some((row) => row.pid === pid));
    expect(kept).toEqual([]);
  });

  test('is left by the listener, which returns when it takes writes', async () => {
    let lost = 0;
    const listener = createListener({
      url: server.url,
      probeMs: 50,
      onError: () => {
        lost += 1;
      },
    });
    try {
      await new Promise<void>((resolve) => listener.onListening(resolve));
      await server.set('default_transaction_read_only', 'on');
      await until('it is left', async () => (lost > 0 && !listener.listening ? true : null));
      await server.set('default_transaction_read_only', 'off');
      await until('it listens again', async () => (listener.listening ? true : null));
    } finally {
      await listener.close();
    }
  });
});

test('a Postgres without free connections leads to 503, and is used again once there is one', async () => {
  await untilAccepted();
  const taken: pg.Client[] = [];
  // The api keeps its connections for ten seconds: it is made to open new ones.
  await server.run(
    "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and backend_type = 'client backend'",
  );
  try {
    for (let full = false; !full; ) {
      const client = new pg.Client({ connectionString: server.url });
      client.on('error', () => undefined);
      full = await client.connect().then(
        () => false,
        (error: { code?: string }) => error.code === '53300',
      );
      if (!full) taken.push(client);
    }
    await expectUnavailable(await post());
    expect(await postgresCheck()).toBe('can not be reached');
  } finally {
    await Promise.all(taken.map((client) => client.end()));
  }
  await untilAccepted();
});

test.each(['SIGINT', 'SIGQUIT'] as const)(
  'a Postgres that is shut down by %s leads to 503 until it is back, also while it starts',
  async (signal) => {
    await untilAccepted();
    await server.stop(signal);
    await expectUnavailable(await post());
    await server.start('spawned');
    const answers: number[] = [];
    await until('a turn is accepted', async () => {
      const { status } = await post();
      answers.push(status);
      return status === 202 ? true : null;
    });
    expect(answers.filter((status) => status !== 202 && status !== 503)).toEqual([]);
  },
);

test('a turn whose COMMIT was not answered is accepted once when its post is repeated with its key', async () => {
  const { hostname, port, ...rest } = new URL(server.url);
  const way = await openCuttableWay({ host: hostname, port: Number(port) });
  const url = Object.assign(new URL(server.url), { port: String(way.port), ...rest }).toString();
  const beyond = await startTestApi({ env: { DATABASE_URL: url } });
  try {
    const again = () =>
      beyond.client.send<{ code: string; turn: { id: string } }>(
        'POST',
        `/v1/chats/${chat.id}/turns`,
        { text: 'said once only' },
        { 'Idempotency-Key': 'cut' },
      );
    const cut = way.cutAfter('said once only', 'commit');
    const first = await again();
    await cut;
    await expectUnavailable(first);
    const second = await again();
    expect(second.status).toBe(202);
    const { rows } = await server.run(
      `select turn_id from events where chat_id = '${chat.id}' and data->>'text' = 'said once only'`,
    );
    expect(rows).toEqual([{ turn_id: second.body.turn.id }]);
  } finally {
    await beyond.close();
    await way.close();
  }
});
