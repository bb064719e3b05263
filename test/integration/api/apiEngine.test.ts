import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { startTestApi, type TestApi } from '../../support/service/api.js';
import { freePort } from '../../support/service/freePort.js';

jest.setTimeout(20_000);

const temporalAddress = String(process.env.TEST_TEMPORAL_ADDRESS);
let connection: Connection;
let temporal: Client;
beforeAll(async () => {
  connection = await Connection.connect({ address: temporalAddress });
  temporal = new Client({ connection });
});
afterAll(() => connection.close());

/** A way to Temporal that opens when the test says. */
async function openWay(port: number): Promise<Server> {
  const [host, target] = temporalAddress.split(':');
  const server = createServer((near) => {
    const far = connect(Number(target), host);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.pipe(to);
      from.on('error', () => to.destroy());
      from.on('close', () => to.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  expect((server.address() as AddressInfo).port).toBe(port);
  return server;
}

/** Asks until the answer suits; how soon it does is what the test is about. */
async function until<T>(ask: () => Promise<T>, suits: (answer: T) => boolean, withinMs: number): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (suits(answer)) return answer;
    if (Date.now() > deadline) throw new Error(`not within ${withinMs} ms, but ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const workflowOf = (turnId: string) =>
  temporal.workflow
    .getHandle(turnId)
    .describe()
    .then(
      (found) => found.status.name,
      () => 'NONE',
    );

describe('an api with Temporal away', () => {
  let api: TestApi;
  let port: number;
  beforeAll(async () => {
    port = await freePort();
    api = await startTestApi({ temporal: `127.0.0.1:${port}` });
  }, 60_000);
  afterAll(() => api.close());

  it('accepts a turn, shows it from Postgres, and stops it', async () => {
    const chat = await api.client.newChat();
    const turn = await api.client.postTurn(chat.id, 'one');
    expect(turn).toMatchObject({ status: 'running', engine: 'unreachable' });
    const begun = Date.now();
    expect(await api.client.getTurn(turn.id)).toMatchObject({ status: 'running', engine: 'unreachable' });
    expect(Date.now() - begun).toBeLessThan(3_000);
    expect((await api.client.cancelTurn(turn.id)).status).toBe(204);
    const { rows } = await api.database.pool.query('select stop from turns where id = $1', [turn.id]);
    expect(rows).toEqual([{ stop: 'cancel' }]);
  });

  it('is alive, and its readiness names Temporal', async () => {
    expect((await api.client.send('GET', '/healthz')).status).toBe(200);
    const begun = Date.now();
    const ready = await api.client.send<{ code: string; detail: string }>('GET', '/readyz');
    expect(Date.now() - begun).toBeLessThan(3_000);
    expect(ready).toMatchObject({ status: 503, body: { code: 'not_ready', checks: { postgres: 'ok' } } });
    expect(ready.body.detail).toContain('temporal');
  });

  it('starts an accepted turn by itself when Temporal is back', async () => {
    const chat = await api.client.newChat();
    const turn = await api.client.postTurn(chat.id, 'one');
    expect(await workflowOf(turn.id)).toBe('NONE');
    const way = await openWay(port);
    try {
      await until(
        () => workflowOf(turn.id),
        (status) => status === 'RUNNING',
        20_000,
      );
    } finally {
      way.close();
    }
  }, 40_000);
});

describe('a turn whose workflow is gone', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startTestApi();
  }, 60_000);
  afterAll(() => api.close());

  const terminated = async () => {
    const chat = await api.client.newChat();
    const turn = await api.client.postTurn(chat.id, 'one');
    const next = await api.client.postTurn(chat.id, 'two');
    await temporal.workflow.getHandle(turn.id).terminate();
    return { chat, turn, next };
  };

  it('because it was terminated is closed when it is read, and passes the floor on', async () => {
    const { chat, turn, next } = await terminated();
    const closed = await until(
      () => api.client.getTurn(turn.id),
      ({ status }) => status !== 'running',
      5_000,
    );
    expect(closed).toMatchObject({ status: 'failed', error: { code: 'workflow_terminated' } });
    await until(
      () => workflowOf(next.id),
      (status) => status === 'RUNNING',
      5_000,
    );
    expect(await api.client.getChat(chat.id)).toMatchObject({ activeTurnId: next.id, queue: [] });
  }, 20_000);

  it('because it was terminated is cancelled by a stop', async () => {
    const { turn, next } = await terminated();
    await api.client.cancelTurn(turn.id);
    const readStatus = async () => {
      const { rows } = await api.database.pool.query('select status from turns where id = $1', [turn.id]);
      return rows[0].status as string;
    };
    await until(readStatus, (status) => status === 'cancelled', 5_000);
    await until(
      () => workflowOf(next.id),
      (status) => status === 'RUNNING',
      5_000,
    );
  }, 20_000);

  it('because the api died before starting it is started when the client repeats its post', async () => {
    const chat = await api.client.newChat();
    const accepted = { text: 'one' };
    const key = { 'Idempotency-Key': 'k' };
    const path = `/v1/chats/${chat.id}/turns`;
    const away = await startTestApi({
      temporal: `127.0.0.1:${await freePort()}`,
      env: { DATABASE_URL: api.database.url },
    });
    const first = await away.client.send<{ turn: { id: string } }>('POST', path, accepted, key);
    await away.close();
    const { id } = first.body.turn;
    expect(await workflowOf(id)).toBe('NONE');
    expect((await api.client.send('POST', path, accepted, key)).status).toBe(202);
    await until(
      () => workflowOf(id),
      (status) => status === 'RUNNING',
      5_000,
    );
  }, 30_000);
});
