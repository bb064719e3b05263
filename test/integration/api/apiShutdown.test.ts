import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Turn } from '../../../client/src/index.js';
import { type Tx, transaction } from '../../../db/core/pool.js';
import { finishTurn } from '../../../db/turns/finish.js';
import { createSocketWire } from '../../../viewers/wire/socketWire.js';
import { seedChat } from '../../support/chats/chats.js';
import { startTestApi, type TestApi } from '../../support/service/api.js';
import { until } from '../../support/until.js';
import { quiet, wireToken } from '../../support/viewers/gateway.js';
import { type TestViewer, watchEvents, watchSocket } from '../../support/viewers/viewer.js';

let api: TestApi;
let chatId: string;
beforeEach(async () => {
  api = await startTestApi();
  chatId = (await seedChat(api.database.pool)).chatId;
}, 60_000);
afterEach(() => api.close(), 60_000);

const pool = () => api.database.pool;
const graceMs = 3_000;

/** Stops the api, and says how long that took. */
async function stop(): Promise<number> {
  const from = performance.now();
  await api.stop(graceMs);
  return performance.now() - from;
}

/** When each viewer was let go of, from the beginning of the stop, and how. */
function watchEnds(viewers: TestViewer[]) {
  const from = performance.now();
  return Promise.all(viewers.map(async ({ closed }) => ({ ...(await closed), at: performance.now() - from })));
}

/** Holds the chat's lock while `work` runs: other writers wait. */
const whileLocked = <T>(work: (tx: Tx) => Promise<T>): Promise<T> =>
  transaction(pool(), async (tx) => {
    await tx.query('select 1 from chats where id = $1 for update', [chatId]);
    return work(tx);
  });

/** New connections are refused: the api has begun to stop. */
async function untilRefused(): Promise<void> {
  const [refused] = await once(connect(Number(new URL(api.url).port), '127.0.0.1'), 'error');
  expect(refused).toMatchObject({ code: 'ECONNREFUSED' });
}

const untilWaiting = () =>
  until('a statement waits for the lock', async () => {
    const { rows } = await pool().query(
      "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    );
    return rows.length > 0 || null;
  });

describe('an api that stops', () => {
  test('closes live sockets with 1012, spread over a second or two', async () => {
    const viewers = Array.from({ length: 30 }, () => watchSocket(api.url, chatId));
    await Promise.all(viewers.map((viewer) => viewer.until(() => viewer.cursor() === 2, 'the chat')));
    const ends = watchEnds(viewers);
    const took = await stop();
    const closed = await ends;
    expect(new Set(closed.map(({ code }) => code))).toEqual(new Set([1012]));
    const times = closed.map(({ at }) => at).sort((a, b) => a - b);
    expect(times.at(-1)! - times[0]!).toBeGreaterThan(800);
    expect(times.at(-1)).toBeLessThan(2_500);
    expect(took).toBeLessThan(4_000);
    expect(viewers.flatMap(({ violations }) => violations)).toEqual([]);
  }, 60_000);

  test('breaks off the event streams of a chat instead of ending them', async () => {
    const viewers = Array.from({ length: 4 }, () => watchEvents(api.url, chatId));
    await Promise.all(viewers.map((viewer) => viewer.until(() => viewer.cursor() === 2, 'the chat')));
    const ends = watchEnds(viewers);
    await stop();
    expect((await ends).map(({ code }) => code)).toEqual([1006, 1006, 1006, 1006]);
  }, 60_000);

  test('accepts no new connection, and refuses a joining EventSource such that it reconnects', async () => {
    let answering: Promise<Response> | undefined;
    let stopping: Promise<number> | undefined;
    await transaction(pool(), async (tx) => {
      await tx.query('lock table chats in access exclusive mode');
      answering = fetch(`${api.url}/v1/chats/${chatId}/events`, { headers: { accept: 'text/event-stream' } });
      await untilWaiting();
      stopping = stop();
      await untilRefused();
    });
    const answer = await answering!;
    expect([answer.status, answer.headers.get('connection')]).toEqual([200, 'close']);
    expect(await answer.text()).toMatch(/^retry: \d+\n\n: not_ready: The api restarts\n\n$/);
    expect(await stopping).toBeLessThan(graceMs);
  }, 60_000);

  test('finishes accepting a turn that was being accepted', async () => {
    let posting: Promise<{ status: number; body: { turn: Turn } }> | undefined;
    let stopping: Promise<number> | undefined;
    await whileLocked(async () => {
      posting = api.client.sendTurn(chatId, 'Hello');
      await untilWaiting();
      stopping = stop();
      await untilRefused();
    });
    expect(await posting).toMatchObject({ status: 202, body: { turn: { chatId } } });
    expect(await stopping).toBeLessThan(graceMs);
    const { rows } = await pool().query('select status from turns where chat_id = $1', [chatId]);
    expect(rows).toEqual([{ status: 'running' }]);
  }, 60_000);

  test('answers a request that waits for a turn with the finished turn, if it ends in time', async () => {
    const turn = await api.client.postTurn(chatId, 'Hello');
    const waiting = api.client.sendTurn(chatId, 'Hello', { waitSeconds: 60, idempotencyKey: 'k' });
    await until('it waits', async () => ((await api.client.getChat(chatId)).queue.length === 1 ? true : null));
    const stopping = stop();
    await finishTurn(pool(), turn.id, { status: 'completed' });
    const { rows } = await pool().query("select id from turns where idempotency_key = 'k'");
    await finishTurn(pool(), rows[0].id, { status: 'completed' });
    expect(await waiting).toMatchObject({ status: 200, body: { turn: { status: 'completed' } } });
    expect(await stopping).toBeLessThan(graceMs);
  }, 60_000);

  test('answers a request that waits for a turn with the running turn, if it does not end in time', async () => {
    const waiting = api.client.sendTurn(chatId, 'Hello', { waitSeconds: 60 });
    await until('it waits', async () => (await api.client.getChat(chatId)).activeTurnId);
    const took = await stop();
    expect(await waiting).toMatchObject({ status: 202, body: { turn: { status: 'running' } } });
    expect(took).toBeGreaterThan(graceMs - 100);
    expect(took).toBeLessThan(graceMs + 3_000);
  }, 60_000);

  test('ends the stream of a turn that ends in time, and breaks off one that does not', async () => {
    const other = (await seedChat(pool())).chatId;
    const streamOf = async (id: string) => {
      const answer = await fetch(`${api.url}/v1/chats/${id}/turns`, {
        method: 'POST',
        headers: { accept: 'text/event-stream', 'content-type': 'application/json' },
        body: JSON.stringify({ text: 'Hello' }),
      });
      const turnId = answer.headers.get('location')?.split('/').at(-1) ?? '';
      return {
        turnId,
        text: answer.text().then(
          (text) => text,
          () => 'broken',
        ),
      };
    };
    const [short, long] = [await streamOf(chatId), await streamOf(other)];
    const stopping = stop();
    await finishTurn(pool(), short.turnId, { status: 'completed' });
    expect(await short.text).toContain('"kind":"turn_completed"');
    expect(await long.text).toBe('broken');
    expect(await stopping).toBeLessThan(graceMs + 3_000);
  }, 60_000);

  test('is not delayed by a viewer that reads nothing, nor by an idle connection', async () => {
    const viewer = watchSocket(api.url, chatId);
    await viewer.until(() => viewer.cursor() === 2, 'the chat');
    viewer.pause();
    const silent = connect(Number(new URL(api.url).port), '127.0.0.1');
    silent.on('error', () => undefined);
    await once(silent, 'connect');
    expect(await stop()).toBeLessThan(graceMs + 3_000);
    viewer.close();
    silent.destroy();
  }, 60_000);

  test('delivers the tokens of workers until its viewers are closed, and closes the connections of workers last', async () => {
    const wire = createSocketWire({ gatewayUrl: api.url, token: wireToken, log: quiet });
    const viewers = Array.from({ length: 12 }, () => watchSocket(api.url, chatId));
    const say = (elapsedSeconds: number) => wire.heartbeat({ chatId, turnId: 'turn_1', elapsedSeconds });
    const heard = (viewer: TestViewer, word: number) =>
      viewer.of('heartbeat').some(({ elapsedSeconds }) => elapsedSeconds === word);
    await until('the wire is there', async () => {
      say(1);
      return viewers.every((viewer) => heard(viewer, 1)) || null;
    });
    const stopping = stop();
    const first = await Promise.race(viewers.map((viewer) => viewer.closed.then(() => viewer)));
    say(2);
    const stays = viewers.filter((viewer) => viewer !== first);
    await until('a word of the worker', async () => stays.some((viewer) => heard(viewer, 2)) || null, 3_000);
    expect(heard(first, 2)).toBe(false);
    await stopping;
    await wire.close();
  }, 60_000);
});
