import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { seedChat } from '../support/chats.js';
import { whole } from '../support/scriptedReply.js';
import { until } from '../support/until.js';
import { startWorkerFleet, type WorkerFleet } from '../support/workerFleet.js';
import type { WorkerProcess } from '../support/workerProcess.js';

let fleet: WorkerFleet;
beforeAll(async () => {
  fleet = await startWorkerFleet('drain');
}, 120_000);
afterEach(async () => {
  await fleet.endWorkers();
  fleet.provider.unscript();
  fleet.provider.requests.length = 0;
}, 60_000);
afterAll(() => fleet?.close(), 60_000);

/** A worker with a reply of a chat in flight, whose first piece is kept. */
async function streaming(env: Record<string, string> = {}) {
  const worker = await fleet.start(env);
  const { chatId } = await seedChat(fleet.pool);
  fleet.provider.script({ steps: [{ text: 'half ' }] });
  const turnId = await fleet.begin(chatId);
  const call = await fleet.provider.nextRequest(undefined, 20_000);
  await fleet.untilText(turnId, 'half ');
  return { worker, turnId, call };
}

const attemptsAt = (turnId: string) =>
  fleet.provider.requests.filter(({ requestId }) => requestId?.startsWith(`${turnId}/reply:0/`)).length;

async function drained(worker: WorkerProcess): Promise<void> {
  worker.kill('SIGTERM');
  await untilSaid(worker, 'the worker drains: it takes nothing new');
}

async function untilSaid(worker: WorkerProcess, message: string): Promise<void> {
  await until(`the worker says "${message}"`, async () => (worker.said().includes(message) ? true : null));
}

describe('a worker that gets SIGTERM', () => {
  test('lets its reply go on to its end, asks the provider once, and exits as soon as the reply has ended', async () => {
    const { worker, turnId, call } = await streaming();
    await drained(worker);
    const other = await fleet.start();
    await call.send('and ');
    await fleet.untilText(turnId, 'half and ');
    expect(other.pid).not.toBe(worker.pid);
    await call.send('half');
    await call.finish();
    expect(await worker.gone).toBe(0);
    expect(await fleet.ended(turnId)).toMatchObject({
      status: 'completed',
      beats: [{ text: 'half and half', epoch: 1, attempt: 1 }],
    });
    expect(attemptsAt(turnId)).toBe(1);
  }, 120_000);

  test('takes nothing new: another worker runs the turns that begin meanwhile, and what follows the reply', async () => {
    const { worker, turnId, call } = await streaming();
    const { chatId } = await seedChat(fleet.pool);
    await drained(worker);
    await fleet.start();
    const begun = await Promise.all([1, 2, 3].map(async () => fleet.begin((await seedChat(fleet.pool)).chatId)));
    begun.push(await fleet.begin(chatId));
    for (const id of begun) expect(await fleet.ended(id)).toMatchObject({ status: 'completed' });
    await call.finish();
    expect(await worker.gone).toBe(0);
    expect(await fleet.ended(turnId)).toMatchObject({ status: 'completed' });
  }, 120_000);

  test('with nothing to do exits at once', async () => {
    const worker = await fleet.start();
    const before = performance.now();
    worker.kill('SIGTERM');
    expect(await worker.gone).toBe(0);
    expect(performance.now() - before).toBeLessThan(5_000);
  }, 120_000);

  test('stops a reply that its user stops meanwhile, and keeps the text', async () => {
    const { worker, turnId } = await streaming();
    await drained(worker);
    await fleet.start();
    await fleet.pool.query("update turns set stop = 'cancelled' where id = $1", [turnId]);
    await fleet.engine.requestStop(turnId, { deadlineMs: 5_000 });
    expect(await fleet.ended(turnId)).toMatchObject({ status: 'cancelled', beats: [{ text: 'half ' }] });
    expect(await worker.gone).toBe(0);
    expect(attemptsAt(turnId)).toBe(1);
  }, 120_000);

  test('hands over what it still runs when its time is over, and no failure is counted', async () => {
    const { worker, turnId, call } = await streaming({ WORKER_DRAIN_SECONDS: '1' });
    await drained(worker);
    await fleet.start();
    fleet.provider.script(whole('the whole'));
    await call.left();
    expect(await worker.gone).toBe(0);
    expect(await fleet.ended(turnId)).toMatchObject({
      status: 'completed',
      beats: [{ text: 'the whole', epoch: 2, attempt: 2 }],
    });
    const { rows } = await fleet.pool.query('select failures, last_error from drafts where turn_id = $1', [turnId]);
    expect(rows).toEqual([{ failures: 0, last_error: null }]);
  }, 120_000);

  test('hands over at once when it gets a second one', async () => {
    const { worker, turnId, call } = await streaming();
    await drained(worker);
    await fleet.start();
    fleet.provider.script(whole('the whole'));
    worker.kill('SIGTERM');
    await call.left();
    expect(await worker.gone).toBe(0);
    expect(await fleet.ended(turnId)).toMatchObject({ status: 'completed', beats: [{ text: 'the whole', epoch: 2 }] });
  }, 120_000);
});
