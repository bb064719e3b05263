import { expect, test } from '@jest/globals';
import { pino } from 'pino';
import type { WireToken } from '../../../viewers/wire/wire.js';
import { type Fate, startReply, type TestReply } from '../../support/provider/reply.js';
import { setStage } from '../../support/viewers/stage.js';

const complaints: string[] = [];
const stage = setStage({ log: pino({ level: 'warn' }, { write: (line) => void complaints.push(line) }) });

type Dice = (sides: number) => number;

/** The same numbers for the same seed, so that a failure can be had again. */
function createDice(seed: number): Dice {
  let state = seed;
  return (sides) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (state >> 8) % sides;
  };
}

/** A wire that loses, repeats and delays. */
function badWire(dice: Dice) {
  const late = new Set<NodeJS.Timeout>();
  return {
    publish(token: WireToken) {
      const fate = dice(10);
      if (fate < 2) return;
      if (fate < 4) stage.wire.publish(token);
      if (fate > 7) late.add(setTimeout(() => stage.wire.publish(token), dice(120)));
      else stage.wire.publish(token);
    },
    close() {
      for (const timer of late) clearTimeout(timer);
    },
  };
}

const fates: Fate[] = ['both', 'both', 'wire', 'checkpoint', 'none'];
const tick = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Viewers come, fall asleep and wake up. */
function stirViewers(dice: Dice) {
  if (dice(4) === 0) (dice(2) ? stage.overSocket : stage.overEvents)();
  if (dice(9) === 0) stage.viewers[dice(stage.viewers.length)]?.pause();
  if (dice(9) === 0) for (const viewer of stage.viewers) viewer.resume();
}

async function sayALot(reply: TestReply, dice: Dice) {
  const words = 10 + dice(30);
  for (let word = 0; word < words; word++) {
    stirViewers(dice);
    if (dice(15) === 0) await reply.retry();
    await reply.say(`${'🕯 word '.repeat(dice(12) ? 1 : 8_000)}${word}`, fates[dice(fates.length)]);
    if (dice(3) === 0) await tick(dice(40));
  }
}

const seeds = Array.from({ length: 6 }, (_, i) => i + 1);
test.each(seeds)(
  'on a bad wire every viewer ends with the text of the log (seed %i)',
  async (seed) => {
    const dice = createDice(seed);
    const wire = badWire(dice);
    let last = '';
    for (let turn = 0; turn < 3; turn++) {
      const reply = await startReply(stage.database.pool, wire, stage.chatId);
      last = reply.turnId;
      await sayALot(reply, dice);
      if (dice(3)) await reply.land();
      else await reply.stop();
      await reply.finish();
    }
    for (const viewer of stage.viewers) viewer.resume();
    await Promise.all(stage.viewers.map((viewer) => viewer.untilEvent('turn_completed', last)));
    wire.close();
    expect(stage.viewers.length).toBeGreaterThan(5);
    expect(complaints).toEqual([]);
  },
  60_000,
);
