import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { expectAgreement } from '../../support/chats/agreement.js';
import { isAlive } from '../../support/service/processes.js';
import { type HalfReply, type ScriptedService, startScriptedService } from '../../support/service/scriptedService.js';
import { until } from '../../support/until.js';
import { openEventSource, type TestEventSource } from '../../support/viewers/eventSource.js';

const streams = 20;
const restarts = 5;

let world: ScriptedService;
const sources: TestEventSource[] = [];
beforeAll(async () => {
  world = await startScriptedService({}, { ownServers: true });
}, 180_000);
afterAll(() => world?.dispose(), 60_000);
afterEach(() => {
  for (const source of sources.splice(0)) source.close();
  world.provider.unscript();
});

/** Sends SIGTERM, and waits until the process has ended. Gives its pid, and how long it took. */
async function stopApi(): Promise<{ pid: number; ms: number }> {
  const from = performance.now();
  const pid = await world.service.kill('api', 'SIGTERM');
  await until('the api has ended', async () => !isAlive({ pid }) || null, 20_000);
  return { pid, ms: performance.now() - from };
}

async function sayInAll(halves: HalfReply[], word: string): Promise<void> {
  await Promise.all(halves.map(({ call }) => call.send(word)));
}

describe('an api that is restarted by SIGTERM', () => {
  test(`${restarts} times during ${streams} replies causes no restart, gap or repeat for viewers, and no second request to the provider`, async () => {
    const halves: HalfReply[] = [];
    for (let n = 0; n < streams; n++) halves.push(await world.beginReply({ text: `Chat ${n}` }));
    const events = halves.slice(0, 5).map(({ chat }) => {
      const source = openEventSource(`${world.service.api}/v1/chats/${chat.id}/events`);
      sources.push(source);
      return source;
    });
    let said = halves[0]!.begun;
    for (let n = 0; n < restarts; n++) {
      const stopping = stopApi();
      for (const word of [`stop ${n}, `, `gone ${n}, `]) {
        said += word;
        await sayInAll(halves, word);
      }
      const { pid, ms } = await stopping;
      expect(ms).toBeLessThan(8_000);
      await world.service.waitForRestart('api', pid, 60_000);
      said += `back ${n}. `;
      await sayInAll(halves, `back ${n}. `);
      for (const { viewer, turn } of halves) await viewer.untilText(turn.id, said.length);
    }
    for (const { call } of halves) await call.finish();
    for (const { viewer, turn } of halves) {
      const { text } = await expectAgreement(world.service, viewer, turn.id);
      expect([text, world.attempts(turn.id).length]).toEqual([said, 1]);
      expect(viewer.frames.filter(({ type }) => type === 'restart')).toEqual([]);
      expect(viewer.connections()).toBeGreaterThan(restarts);
    }
    for (const [n, source] of events.entries()) {
      const { id } = halves[n]!.turn;
      await source.until('the end', () => source.frames.some((f) => f.type === 'event' && f.kind === 'turn_completed'));
      const seqs = source.frames.flatMap((frame) => (frame.type === 'event' ? [frame.seq] : []));
      expect(seqs).toEqual(seqs.map((_, at) => at + 1));
      expect(source.frames.filter((f) => f.type === 'restart' && f.turnId === id)).toEqual([]);
      expect(new Set(source.statuses)).toEqual(new Set([200]));
    }
  }, 240_000);

  test('exits in time with code 0, also while Postgres is frozen', async () => {
    const { viewer, call, turn, begun } = await world.beginReply();
    await world.service.kill('postgres', 'SIGSTOP');
    try {
      expect((await stopApi()).ms).toBeLessThan(10_000);
    } finally {
      await world.service.kill('postgres', 'SIGCONT');
    }
    await call.send('the door is open.');
    await call.finish();
    await viewer.untilEnd(turn.id, 60_000);
    expect([viewer.text(turn.id), viewer.violations]).toEqual([`${begun}the door is open.`, []]);
  }, 120_000);
});
