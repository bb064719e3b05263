import { expect } from '@jest/globals';
import type { Pool } from '../../../db/core/pool.js';
import { readProjections } from '../../../db/timeline/rebuild/rebuild.js';
import {
  differencesFromRebuild,
  edgesOutOfRange,
  gapsOf,
  ofKind,
  readLog,
  repeatsOf,
  unrestOf,
} from './logBreaches.js';
import type { Played } from './narrativePlayer.js';

/** What must hold of a chat's log and of what is folded from it, whatever was done to it. */
export async function expectSound(pool: Pool, chatId: string): Promise<void> {
  const log = await readLog(pool, chatId);
  expect(gapsOf(log, log.length)).toEqual([]);
  expect(repeatsOf(log)).toEqual([]);
  expect(await differencesFromRebuild(pool, chatId)).toEqual([]);
  expect(edgesOutOfRange(await readProjections(pool, chatId))).toEqual([]);
  expect(await unrestOf(pool, chatId)).toEqual([]);
}

/** Each turn ended once, and each beat of it led once to all that follows from a beat. */
export async function expectWholeTurns(pool: Pool, { chatIds, turnIds, cutShort, scene }: Played): Promise<void> {
  const logs = (await Promise.all(chatIds.map((chatId) => readLog(pool, chatId)))).flat();
  const present = scene.guestId ? 3 : 2;
  for (const turnId of turnIds) {
    const events = logs.filter((event) => event.turnId === turnId);
    expect(ofKind(events, 'turn_completed')).toHaveLength(1);
    if (cutShort.has(turnId)) continue;
    for (const { data } of ofKind(events, 'assistant_turn')) {
      if (data.beat === 1 && data.truncated) continue;
      const follow = events.filter(({ step }) => step.endsWith(`:${data.beat}`));
      const updates = ofKind(follow, 'edge_update');
      expect({ turnId, updates: updates.length }).toEqual({ turnId, updates: present * (present - 1) });
      expect(ofKind(follow, 'memory_written')).toHaveLength(present - 1);
      const scores = ofKind(follow, 'memory_scored').length;
      expect(scores).toBeLessThanOrEqual(1);
      const mayBeUnscored = ofKind(events, 'step_stuck').length > 0 || (await isRegeneration(pool, turnId));
      if (!mayBeUnscored) expect(scores).toBe(1);
    }
  }
}

async function isRegeneration(pool: Pool, turnId: string): Promise<boolean> {
  const { rows } = await pool.query('select 1 from turns where id = $1 and regenerates is not null', [turnId]);
  return rows.length > 0;
}
