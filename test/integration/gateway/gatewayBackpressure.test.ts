import { describe, expect, test } from '@jest/globals';
import type { TestReply } from '../../support/provider/reply.js';
import { useGatewayFixture } from '../../support/viewers/gatewayFixture.js';
import type { TestViewer } from '../../support/viewers/viewer.js';

const fixture = useGatewayFixture();

const seqs = (viewer: TestViewer) => viewer.of('event').map((event) => event.seq);
const upTo = (newest: number, after = 0) => Array.from({ length: newest - after }, (_, i) => after + i + 1);

describe.each([
  ['the live socket', fixture.overSocket],
  ['server-sent events', fixture.overEvents],
])('on %s', (_name, watch) => {
  test('a reply of 10 MB reaches viewers that join at its start, in its middle and at its end', async () => {
    const reply = await fixture.begin();
    const first = watch();
    const piece = '0123456789 lamps. '.repeat(29_128);
    for (let i = 0; i < 10; i++) await reply.say(piece, 'both');
    const second = watch();
    for (let i = 0; i < 10; i++) await reply.say(piece, i % 2 ? 'checkpoint' : 'both');
    await reply.land();
    const third = watch();
    await reply.finish();
    for (const viewer of [first, second, third]) {
      await viewer.until(() => viewer.cursor() === 6, 'the end', 60_000);
    }
    expect(first.text(reply.turnId).length).toBe(piece.length * 20);
    expect(second.text(reply.turnId)).toBe(reply.said());
    const longest = Math.max(...first.of('token').map((token) => token.text.length));
    expect(longest).toBeLessThanOrEqual(piece.length);
  }, 120_000);

  test('a viewer that reads nothing is closed without delay for the others, and misses nothing when it resumes', async () => {
    const reply = await fixture.begin();
    const [reader, sleeper] = [watch(), watch()];
    await reply.say('Once. ');
    for (const viewer of [reader, sleeper])
      await viewer.until(() => viewer.text(reply.turnId) !== '', 'the first token');
    sleeper.pause();
    const slowest = await sayUntilSlow(reply, reader);
    expect(fixture.gateway.feeds.stats()).toMatchObject({ slowClosed: 1, viewers: 1 });
    expect(slowest).toBeLessThan(1_000);
    sleeper.resume();
    const { code } = await sleeper.closed;
    expect([code, sleeper.frames.at(-1)?.type]).toEqual([_name === 'the live socket' ? 1013 : 1000, 'token']);
    await reply.land();
    await reply.finish();
    await reader.untilEvent('turn_completed');
    const back = watch({ after: sleeper.cursor() });
    await back.untilEvent('turn_completed');
    expect(seqs(back)).toEqual(upTo(6, sleeper.cursor()));
  }, 90_000);
});

/** Streams more than the network buffers, then single characters. Returns the longest delay of the reader in ms. */
async function sayUntilSlow(reply: TestReply, reader: TestViewer): Promise<number> {
  const much = 'x'.repeat(256 * 1024);
  const until = performance.now() + 45_000;
  let slowest = 0;
  while (fixture.gateway.feeds.stats().slowClosed === 0 && performance.now() < until) {
    const from = performance.now();
    await reply.say(reply.said().length < 24 * 1024 * 1024 ? much : 'x', 'wire');
    await reader.until(() => reader.text(reply.turnId).length === reply.said().length, 'what was said');
    slowest = Math.max(slowest, performance.now() - from);
  }
  return slowest;
}
