import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createPool, type Pool } from '../../../db/core/pool.js';
import { course } from '../../support/chats/narrativeMoves.js';
import { expectSound, expectWholeTurns } from '../../support/chats/narrativeOracle.js';
import { type Played, playCourse } from '../../support/chats/narrativePlayer.js';
import { type NarrativeWorld, startNarrativeWorld } from '../../support/chats/narrativeWorld.js';
import { withTemporal } from '../../support/temporal/engine.js';

const runs = 3;
/** No further run begins after this long. */
const boundMs = 75_000;
/** The same courses in every run; another seed looks for what these don't find. */
const seed = Number(process.env.PROPERTY_SEED ?? 188_242_312);

let world: NarrativeWorld;
let pool: Pool;

beforeAll(async () => {
  world = await startNarrativeWorld();
  pool = createPool((await world.service().run()).databaseUrl, { max: 2 });
}, 180_000);
afterAll(async () => {
  await pool?.end();
  await world?.dispose();
}, 60_000);

/** The workflows of turns that have ended, wherever they ended, have nothing left to wait for. */
const expectClosed = ({ turnIds }: Played) =>
  withTemporal(world.service(), async (client) => {
    for (const turnId of turnIds) await client.workflow.getHandle(turnId).result();
  });

const countsOf = ({ turnIds, chatIds, deaths, deathsInMove }: Played) =>
  `${turnIds.length} turns, ${chatIds.length - 1} forks, ${deaths} deaths of a worker, ${deathsInMove} of them in a move`;

describe('any sequence of turns, stops, regenerations, activations, rewinds, undos and forks, while workers are killed', () => {
  test('leaves a dense log with each effect once, and projections equal to a rebuild from empty', async () => {
    console.info(`seed ${seed}`);
    const began = Date.now();
    await fc.assert(
      fc.asyncProperty(course({ moves: 10, deaths: 2 }), async (planned) => {
        if (Date.now() - began > boundMs) return;
        const played = await playCourse(world, planned);
        expect(played.deaths).toBe(planned.deaths.length);
        expect(played.deathsInMove).toBeGreaterThanOrEqual(1);
        console.info(`${planned.moves.map((move) => move.do).join(', ')}: ${countsOf(played)}`);
        await expectClosed(played);
        for (const chatId of played.chatIds) await expectSound(pool, chatId);
        await expectWholeTurns(pool, played);
      }),
      { numRuns: runs, seed, endOnFailure: true },
    );
  }, 240_000);
});
