import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { expectAgreement } from '../../support/chats/agreement.js';
import { whole } from '../../support/provider/scriptedReply.js';
import { isAlive } from '../../support/service/processes.js';
import { rollingRestarts } from '../../support/service/rollingRestarts.js';
import { type ScriptedService, startScriptedService } from '../../support/service/scriptedService.js';
import { until } from '../../support/until.js';

let world: ScriptedService;
beforeAll(async () => {
  world = await startScriptedService();
}, 240_000);
afterAll(() => world?.dispose(), 60_000);
afterEach(() => world.provider.unscript());

const gone = (pid: number) => until('the old worker has ended', async () => (isAlive({ pid }) ? null : true));

describe('a worker that is replaced', () => {
  test('finishes its reply beside the new worker, which takes new turns, and viewers see no restart', async () => {
    const half = await world.beginReply();
    const before = await world.service.kill('worker', 'SIGTERM');
    const after = await world.service.waitForRestart('worker', before);
    expect(isAlive({ pid: before })).toBe(true);
    world.provider.script(() => whole('Another reply.'));
    const { client } = world.service;
    const other = await client.postTurn((await client.newChat()).id, 'And here?');
    expect(await client.awaitTurnEnd(other.id, 60_000)).toMatchObject({ status: 'completed' });
    expect(isAlive({ pid: before })).toBe(true);

    await half.call.send('and turns.');
    await half.viewer.until('the new text', () => half.viewer.text(half.turn.id).endsWith('and turns.'));
    await half.call.finish();
    await half.viewer.untilEnd(half.turn.id, 60_000);
    const { turn, text } = await expectAgreement(world.service, half.viewer, half.turn.id);
    expect([turn.status, text]).toEqual(['completed', `${half.begun}and turns.`]);
    expect(half.viewer.frames.filter(({ type }) => type === 'restart')).toEqual([]);
    expect(half.viewer.violations).toEqual([]);
    expect(world.attempts(half.turn.id)).toHaveLength(1);
    await gone(before);
    expect(await world.service.pid('worker')).toBe(after);
  }, 180_000);

  test('keeps the text of a reply that is stopped by its user while the old worker drains', async () => {
    const half = await world.beginReply();
    const before = await world.service.kill('worker', 'SIGTERM');
    await world.service.waitForRestart('worker', before);
    await world.service.client.cancelTurn(half.turn.id);
    await half.viewer.untilEnd(half.turn.id, 60_000);
    const { turn, text } = await expectAgreement(world.service, half.viewer, half.turn.id);
    expect([turn.status, text]).toEqual(['cancelled', half.begun]);
    await gone(before);
  }, 120_000);

  test.each([
    ['once its successor polls', false],
    ['even before its successor polls', true],
  ])(
    'many times during replies, %s, causes no restart for viewers and no second request to the provider',
    async (_, isHasty) => {
      const report = await rollingRestarts(world, {
        isHasty,
        restarts: 4,
        streams: 6,
        victims: ['worker'],
        pauseMs: 500,
        tokens: 40,
        everyMs: 100,
      });
      console.info(JSON.stringify(report));
      expect(report).toMatchObject({ restartsSeen: 0, boughtAgain: [], violations: [], hung: [] });
      expect(report.turns).toBeGreaterThanOrEqual(6);
      expect(report.completed).toBe(report.turns);
    },
    240_000,
  );

  test('serves its metrics at the address in run.json, also while the old worker drains', async () => {
    const half = await world.beginReply();
    const { workerMetrics: old } = await world.service.run();
    const before = await world.service.kill('worker', 'SIGTERM');
    await world.service.waitForRestart('worker', before);
    const { workerMetrics } = await world.service.run();
    expect(workerMetrics).not.toBe(old);
    await until(
      'the new worker answers',
      () =>
        fetch(workerMetrics).then(
          ({ ok }) => ok || null,
          () => null,
        ),
      60_000,
    );
    expect(await (await fetch(old)).text()).toMatch(/reply_streams 1\b/);
    await half.call.finish();
    await gone(before);
  }, 120_000);
});

describe('Ctrl-C', () => {
  test('lets a reply end that is about to end, and leaves no process behind', async () => {
    const half = await world.beginReply();
    const stopped = world.service.stop('SIGINT');
    await until('it says so', async () => (/replies in flight get 5 s/.test(world.service.output()) ? true : null));
    await half.call.finish();
    const isLanded = () => half.viewer.frames.some((f) => f.type === 'event' && f.kind === 'assistant_turn');
    await half.viewer.until('the reply is whole', isLanded);
    await stopped;
    expect(half.call.leftAt).toBeNull();
  }, 120_000);
});
