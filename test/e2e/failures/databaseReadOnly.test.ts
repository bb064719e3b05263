import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { expectAgreement, expectFollowingTurnToRun } from '../../support/chats/agreement.js';
import { type ScriptedService, startScriptedService } from '../../support/service/scriptedService.js';
import { until } from '../../support/until.js';

/** As long as a failover takes: four times the heartbeat's timeout. */
const readOnlyMs = 12_000;

let world: ScriptedService;
beforeAll(async () => {
  world = await startScriptedService({}, { ownServers: true });
}, 180_000);
afterAll(() => world?.dispose(), 60_000);
afterEach(() => world.provider.unscript());

async function run(...statements: string[]): Promise<void> {
  const client = new pg.Client({ connectionString: (await world.service.run()).databaseUrl });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

const setReadOnly = (value: 'on' | 'off') =>
  run(`alter system set default_transaction_read_only = ${value}`, 'select pg_reload_conf()');

const readiness = () => world.service.client.send<{ detail?: string; checks: { postgres: string } }>('GET', '/readyz');

describe('while Postgres takes no writes', () => {
  test.each(['after', 'before'] as const)(
    'turns are refused with 503, and a reply whose stream ends %s the end of the outage lands after one request',
    async (ends) => {
      const other = await world.service.client.newChat();
      const half = await world.beginReply();
      await setReadOnly('on');
      const writableAt = Date.now() + readOnlyMs;
      try {
        const notReady = await until('/readyz is red', async () => {
          const answer = await readiness();
          return answer.status === 503 ? answer : null;
        });
        expect(notReady.body.checks.postgres).toMatch(/takes no writes/);
        expect(notReady.body.detail).toContain('postgres');
        const refused = await world.service.client.send<{ code: string }>('POST', `/v1/chats/${other.id}/turns`, {
          text: 'Is it open?',
        });
        expect(refused).toMatchObject({ status: 503, body: { code: 'database_unavailable' } });
        expect(refused.headers.get('content-type')).toBe('application/problem+json');
        expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
        await half.call.send('the door ');
        if (ends === 'before') {
          await half.call.send('is open.');
          await half.call.finish();
        }
        await delay(writableAt - Date.now());
      } finally {
        await setReadOnly('off');
      }
      if (ends === 'after') {
        await half.call.send('is open.');
        await half.call.finish();
      }
      const { turn, text } = await expectAgreement(world.service, half.viewer, half.turn.id);
      expect(turn.status).toBe('completed');
      expect(text).toBe(`${half.begun}the door is open.`);
      expect(world.attempts(half.turn.id)).toHaveLength(1);
      expect(half.viewer.frames.filter(({ type }) => type === 'restart')).toEqual([]);
      await until('/readyz is green', async () => ((await readiness()).status === 200 ? true : null));
      world.provider.unscript();
      await expectFollowingTurnToRun(world.service, other.id);
      half.viewer.close();
    },
    120_000,
  );
});

describe('the log', () => {
  test('of the api has the error, the id and the route of a failed request', async () => {
    await run('alter table you rename to you_elsewhere');
    const { status, headers } = await world.service.client.send('GET', '/v1/you');
    await run('alter table you_elsewhere rename to you');
    expect(status).toBe(500);
    const requestId = headers.get('x-request-id');
    const [line] = await world.logLines('api', (entry) => entry.msg === 'a request failed' && entry.level === 50);
    expect(line).toMatchObject({
      requestId,
      method: 'GET',
      route: '/v1/you',
      code: 'internal',
      err: {
        type: 'DatabaseError',
        code: '42P01',
        message: expect.any(String),
        stack: expect.stringContaining(' at '),
      },
    });
  });

  test('of the worker has the error of a failed attempt, with the status of the provider', async () => {
    world.provider.script({ status: 503, body: { error: { message: 'overloaded', code: 'server_busy' } } });
    const chat = await world.service.client.newChat();
    const turn = await world.service.client.postTurn(chat.id, 'Is anybody there?');
    const [line] = await world.logLines(
      'worker',
      (entry) => entry.turnId === turn.id && entry.msg === 'an attempt at a reply failed',
    );
    expect(line).toMatchObject({
      code: 'provider_error',
      err: {
        type: 'TurnFailure',
        code: 'provider_error',
        stack: expect.stringContaining(' at '),
        cause: { status: 503, providerCode: 'server_busy' },
      },
    });
    expect(JSON.stringify(line)).not.toContain('overloaded');
    await world.service.client.awaitTurnEnd(turn.id);
  }, 60_000);
});
