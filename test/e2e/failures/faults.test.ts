import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { expectAgreement, expectFollowingTurnToRun } from '../../support/chats/agreement.js';
import { environmentOf, stateOf } from '../../support/service/processes.js';
import { type HalfReply, type ScriptedService, startScriptedService } from '../../support/service/scriptedService.js';
import type { ProcessName } from '../../support/service/service.js';

const heartbeatTimeoutMs = 3_000;

let world: ScriptedService;

beforeAll(async () => {
  world = await startScriptedService({}, { ownServers: true });
}, 180_000);
afterAll(() => world?.dispose(), 60_000);
afterEach(() => world.provider.unscript());

/** Kills the process for good and says when; the assertion that the fault fired is the new pid. */
async function kill(name: ProcessName): Promise<{ at: number; restarted: Promise<void> }> {
  const before = await world.service.kill(name, 'SIGKILL');
  const at = performance.now();
  const restarted = world.service.waitForRestart(name, before, 60_000).then((after) => {
    expect(after).not.toBe(before);
  });
  return { at, restarted };
}

const report = (what: string, since: number) => console.info(`${what}: ${Math.round(performance.now() - since)} ms`);

async function expectWhole({ chat, viewer, turn }: HalfReply, text: string): Promise<void> {
  const agreed = await expectAgreement(world.service, viewer, turn.id);
  expect(agreed.turn.status).toBe('completed');
  expect(agreed.text).toBe(text);
  world.provider.unscript();
  await expectFollowingTurnToRun(world.service, chat.id);
  viewer.close();
}

describe('a reply in mid-stream', () => {
  test('is taken over when its worker is killed, and streams again within seconds', async () => {
    const half = await world.beginReply();
    const { at, restarted } = await kill('worker');
    await half.call.left();
    const second = await world.nextAttempt(half.turn.id);
    expect(second.requestId).toBe(`${half.turn.id}/reply:0/2`);
    await second.send('Who asks? ');
    await half.viewer.untilText(half.turn.id, 1);
    await half.viewer.until('the new text', () => half.viewer.text(half.turn.id) === 'Who asks? ');
    const restarts = half.viewer.frames.filter(({ type }) => type === 'restart');
    expect(restarts).toMatchObject([{ turnId: half.turn.id, beat: 0, epoch: 2, reason: 'worker_lost' }]);
    report('first token after the death of a worker', at);
    await restarted;
    await second.send('Come in.');
    await second.finish();
    const finishedAt = performance.now();
    await half.viewer.untilEnd(half.turn.id);
    report('end of the turn after the end of the reply', finishedAt);
    await expectWhole(half, 'Who asks? Come in.');
  }, 90_000);

  test('continues when the api is killed, and its viewer reconnects to the whole text', async () => {
    const half = await world.beginReply();
    const { at, restarted } = await kill('api');
    await half.call.send('the door ');
    await restarted;
    report('api killed and back', at);
    await half.call.send('is open.');
    await half.viewer.until('the text so far', () => half.viewer.text(half.turn.id).endsWith('is open.'));
    expect(half.viewer.connections()).toBeGreaterThan(1);
    await half.call.finish();
    await expectWhole(half, `${half.begun}the door is open.`);
    expect(world.attempts(half.turn.id)).toHaveLength(1);
  }, 90_000);

  test('continues when Postgres is killed, and lands when it is back', async () => {
    const half = await world.beginReply();
    const { at, restarted } = await kill('postgres');
    await half.call.send('the door ');
    await half.call.send('is open.');
    await half.call.finish();
    await restarted;
    report('Postgres killed and back', at);
    await expectWhole(half, `${half.begun}the door is open.`);
    expect(world.attempts(half.turn.id)).toHaveLength(1);
  }, 90_000);

  test('continues when Temporal is killed, and the turn ends when it is back', async () => {
    const half = await world.beginReply();
    const { at, restarted } = await kill('temporal');
    await half.call.send('the door ');
    await half.viewer.untilText(half.turn.id, half.begun.length + 9);
    await restarted;
    report('Temporal killed and back', at);
    await half.call.send('is open.');
    await half.call.finish();
    await expectWhole(half, `${half.begun}the door is open.`);
    expect(world.attempts(half.turn.id)).toHaveLength(1);
  }, 120_000);

  test('has one text when its worker is frozen beyond the heartbeat timeout and then continues', async () => {
    const half = await world.beginReply();
    const stopped = await world.service.kill('worker', 'SIGSTOP');
    await delay(50);
    expect(stateOf(stopped)).toBe('T');
    await delay(2 * heartbeatTimeoutMs);
    await world.service.kill('worker', 'SIGCONT');
    // The worker may adopt the stream or ask again. The text is the same for all viewers either way.
    await half.call.send('the door is open.');
    await half.call.finish();
    const finishAnother = world.nextAttempt(half.turn.id, 10_000).then(
      async (call) => {
        await call.send('Another text.');
        await call.finish();
      },
      () => undefined,
    );
    const { turn } = await expectAgreement(world.service, half.viewer, half.turn.id);
    expect(turn.status).toBe('completed');
    expect(await world.service.pid('worker')).toBe(stopped);
    await finishAnother;
    half.viewer.close();
  }, 90_000);

  test('is not changed by a frozen worker that continues after another one took over', async () => {
    const half = await world.beginReply();
    const zombie = await world.service.pid('worker');
    const other = await startSecondWorker(zombie);
    try {
      process.kill(zombie, 'SIGSTOP');
      await delay(50);
      expect(stateOf(zombie)).toBe('T');
      const second = await world.nextAttempt(half.turn.id, 90_000);
      await second.send('The second worker ');
      await half.viewer.until('the new draft', () => half.viewer.text(half.turn.id) === 'The second worker ');
      process.kill(zombie, 'SIGCONT');
      await half.call.send('says something else.').catch(() => undefined);
      await half.call.finish().catch(() => undefined);
      await delay(1_000);
      await second.send('goes on.');
      await second.finish();
      const agreed = await expectAgreement(world.service, half.viewer, half.turn.id);
      expect(agreed.text).toBe('The second worker goes on.');
    } finally {
      process.kill(zombie, 'SIGCONT');
      const gone = once(other, 'exit', { signal: AbortSignal.timeout(30_000) });
      other.kill('SIGTERM');
      await gone;
    }
    world.provider.unscript();
    await expectFollowingTurnToRun(world.service, half.chat.id);
    half.viewer.close();
  }, 180_000);
});

/** Another worker with the same settings, as a second container would be. */
async function startSecondWorker(like: number): Promise<ChildProcess> {
  const worker = spawn(process.execPath, ['--import', 'tsx', 'worker/main.ts'], {
    env: { ...environmentOf(like), METRICS_PORT: undefined },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await untilItPolls(worker);
  return worker;
}

/** The worker's own log says when it runs. */
function untilItPolls(worker: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the second worker did not start within 60 s')), 60_000);
    worker.once('exit', (code) => reject(new Error(`the second worker ended with ${code}`)));
    worker.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      if (!/worker is ready/.test(chunk)) return;
      clearTimeout(timer);
      resolve();
    });
  });
}
