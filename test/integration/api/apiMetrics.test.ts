import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { requestApproval } from '../../../db/agents/approvals.js';
import { closeLostTurn } from '../../../db/reconciler/unfinished.js';
import { awaitOperator } from '../../../db/turns/awaitOperator.js';
import { markSkipped, markStuck } from '../../../db/turns/steps.js';
import { startTestApi, type TestApi } from '../../support/service/api.js';
import { type Exposition, scrape } from '../../support/telemetry/exposition.js';
import { until } from '../../support/until.js';

jest.setTimeout(30_000);

/** What is read from Postgres may be a moment old. */
const shows = (api: TestApi, what: string, suits: (read: Exposition) => boolean) =>
  until(what, async () => {
    const read = await scrape(`${api.url}/metrics`);
    return suits(read) ? read : null;
  });

describe('the gauges of the api', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startTestApi();
  }, 60_000);
  afterAll(() => api.close());

  test('count turns, queues, stuck steps and approvals from Postgres', async () => {
    const { client, database } = api;
    const { pool } = database;
    const [busy, stuck] = [await client.newChat(), await client.newChat()];
    const turns = [];
    for (let n = 0; n < 3; n++) turns.push(await client.postTurn(busy.id, `Post ${n}.`));
    const turn = await client.postTurn(stuck.id, 'Is anybody there?');
    for (const name of ['state_update:chr_1>you:0', 'state_update:you>chr_1:0', 'significance:0'])
      await markStuck(pool, { turnId: turn.id, name }, 0, 'bad_answer');
    await awaitOperator(pool, turn.id, { keepFloor: false });
    const key = { turnId: turns[0]!.id, callId: 'call_1' };
    await pool.query(
      "insert into tool_calls (turn_id, call_id, iteration, position, name, arguments) values ($1, $2, 0, 0, 'x', '{}')",
      [key.turnId, key.callId],
    );
    await requestApproval(pool, key);

    const read = await shows(
      api,
      'an approval',
      (metrics) => metrics.value('durable_turns_tool_approvals_waiting') === 1,
    );
    const of = (status: string) => read.value('durable_turns_turns', { kind: 'narrative', status });
    expect([of('running'), of('queued'), of('awaiting_operator')]).toEqual([1, 2, 1]);
    expect(read.sum('durable_turns_turns')).toBe(4);
    expect([read.value('durable_turns_chat_queues'), read.value('durable_turns_chat_queue_longest')]).toEqual([1, 2]);
    expect(read.value('durable_turns_turn_steps_stuck', { step: 'state_update' })).toBe(2);
    expect(read.value('durable_turns_turn_steps_stuck', { step: 'significance' })).toBe(1);
    expect(read.sum('durable_turns_turn_steps_stuck')).toBe(3);
    expect(read.value('durable_turns_turn_steps_stuck_oldest_seconds', { step: 'significance' })).toBeGreaterThan(0);
    expect(read.value('durable_turns_turns_oldest_seconds', { kind: 'narrative', status: 'queued' })).toBeGreaterThan(
      0,
    );
    expect(read.value('durable_turns_turns_oldest_seconds', { kind: 'agent', status: 'queued' })).toBe(0);
    expect(read.value('durable_turns_metrics_source_up', { source: 'postgres' })).toBe(1);

    await markSkipped(pool, { turnId: turn.id, name: 'significance:0' });
    await shows(
      api,
      'one less',
      (metrics) => metrics.value('durable_turns_turn_steps_stuck', { step: 'significance' }) === 0,
    );
    await closeLostTurn(pool, turn.id, { code: 'workflow_terminated', model: 'm' });
    await shows(api, 'none of a turn that has ended', (metrics) => metrics.sum('durable_turns_turn_steps_stuck') === 0);
  });

  test('count a turn once that this api ended', async () => {
    const { client } = api;
    const chat = await client.newChat();
    await client.postTurn(chat.id, 'I run.');
    const queued = await client.postTurn(chat.id, 'I wait.');
    const before = (await scrape(`${api.url}/metrics`)).sum('durable_turns_turns_finished_total', {
      outcome: 'cancelled',
    });
    for (let n = 0; n < 3; n++) await client.cancelTurn(queued.id);
    const read = await scrape(`${api.url}/metrics`);
    expect(read.sum('durable_turns_turns_finished_total', { kind: 'narrative', outcome: 'cancelled' })).toBe(
      before + 1,
    );
    expect(read.sum('durable_turns_turn_duration_seconds_count', { outcome: 'cancelled' })).toBe(before + 1);
  });

  test('count the connections of the pool and the queues of Temporal', async () => {
    const read = await shows(
      api,
      'Temporal',
      (metrics) => metrics.value('durable_turns_metrics_source_up', { source: 'temporal' }) === 1,
    );
    expect(read.value('durable_turns_postgres_pool_max')).toBe(8);
    const open = read.sum('durable_turns_postgres_pool_connections');
    expect(open).toBeGreaterThan(0);
    expect(open).toBeLessThanOrEqual(8);
    for (const queue of ['workflows', 'replies', 'classifiers'])
      expect(read.value('durable_turns_task_queue_backlog', { queue })).toBeGreaterThanOrEqual(0);
  });

  test('have no label with a chat, a turn or an owner', async () => {
    const { samples } = await scrape(`${api.url}/metrics`);
    const values = new Set(samples.flatMap(({ labels }) => Object.values(labels)));
    expect([...values].filter((value) => /[0-9a-f]{8}-[0-9a-f]{4}|^local$|chr_/.test(value))).toEqual([]);
  });
});

test('with Postgres away the metrics are served without those that are read from Postgres', async () => {
  const api = await startTestApi({ env: { DATABASE_URL: 'postgres://nobody@127.0.0.1:9/nothing' } });
  try {
    const read = await scrape(`${api.url}/metrics`);
    expect(read.value('durable_turns_metrics_source_up', { source: 'postgres' })).toBe(0);
    expect(
      read.samples.filter(({ name }) => /^durable_turns_(turns|chat_queues|tool_approvals_waiting)$/.test(name)),
    ).toEqual([]);
    expect(read.value('durable_turns_gateway_viewers')).toBe(0);
    expect(read.sum('durable_turns_process_cpu_seconds_total')).toBeGreaterThan(0);
  } finally {
    await api.close();
  }
});

test('with a Postgres that never answers the metrics are served in time', async () => {
  const held = new Set<Socket>();
  const mute = createServer((socket) => void held.add(socket.on('error', () => undefined)));
  mute.listen(0, '127.0.0.1');
  await once(mute, 'listening');
  const { port } = mute.address() as { port: number };
  const api = await startTestApi({ env: { DATABASE_URL: `postgres://nobody@127.0.0.1:${port}/nothing` } });
  try {
    const read = await scrape(`${api.url}/metrics`);
    expect(held.size).toBeGreaterThan(0);
    expect(read.value('durable_turns_metrics_source_up', { source: 'postgres' })).toBe(0);
    expect(read.value('durable_turns_turns_waiting_for_engine')).toBe(0);
  } finally {
    for (const socket of held) socket.destroy();
    mute.close();
    await api.close();
  }
});
