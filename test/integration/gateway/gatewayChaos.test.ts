import { expect, test } from '@jest/globals';
import { pino } from 'pino';
import type { WireToken } from '../../../viewers/wire/wire.js';
import { type Fate, startReply, type TestReply } from '../../support/provider/reply.js';
import { useGatewayFixture } from '../../support/viewers/gatewayFixture.js';

const warnings: string[] = [];
const fixture = useGatewayFixture({ log: pino({ level: 'warn' }, { write: (line) => void warnings.push(line) }) });

type Dice = (sides: number) => number;

/** The same numbers for the same seed, so that a failure can be reproduced. */
function createDice(seed: number): Dice {
  let state = seed;
  return (sides) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (state >> 8) % sides;
  };
}

/** A wire that loses, repeats and delays tokens. */
function badWire(dice: Dice) {
  const late = new Set<NodeJS.Timeout>();
  return {
    publish(token: WireToken) {
      const fate = dice(10);
      if (fate < 2) return;
      if (fate < 4) fixture.wire.publish(token);
      if (fate > 7) late.add(setTimeout(() => fixture.wire.publish(token), dice(120)));
      else fixture.wire.publish(token);
    },
    close() {
      for (const timer of late) clearTimeout(timer);
    },
  };
}

const fates: Fate[] = ['both', 'both', 'wire', 'checkpoint', 'none'];
const tick = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Viewers join, stop reading and resume. */
function disturbViewers(dice: Dice) {
  if (dice(4) === 0) (dice(2) ? fixture.overSocket : fixture.overEvents)();
  if (dice(9) === 0) fixture.viewers[dice(fixture.viewers.length)]?.pause();
  if (dice(9) === 0) for (const viewer of fixture.viewers) viewer.resume();
}

async function streamWords(reply: TestReply, dice: Dice) {
  const words = 10 + dice(30);
  for (let word = 0; word < words; word++) {
    disturbViewers(dice);
    if (dice(15) === 0) await reply.retry();
    await reply.say(`${'🕯 word '.repeat(dice(12) ? 1 : 8_000)}${word}`, fates[dice(fates.length)]);
    if (dice(3) === 0) await tick(dice(40));
  }
}

const seeds = Array.from({ length: 6 }, (_, i) => i + 1);
test.each(seeds)(
  'every viewer ends with the text of the log although the wire loses, repeats and delays tokens (seed %i)',
  async (seed) => {
    const dice = createDice(seed);
    const wire = badWire(dice);
    let last = '';
    for (let turn = 0; turn < 3; turn++) {
      const reply = await startReply(fixture.database.pool, wire, fixture.chatId);
      last = reply.turnId;
      await streamWords(reply, dice);
      if (dice(3)) await reply.land();
      else await reply.stop();
      await reply.finish();
    }
    for (const viewer of fixture.viewers) viewer.resume();
    await Promise.all(fixture.viewers.map((viewer) => viewer.untilEvent('turn_completed', last)));
    wire.close();
    expect(fixture.viewers.length).toBeGreaterThan(5);
    expect(warnings).toEqual([]);
  },
  60_000,
);
