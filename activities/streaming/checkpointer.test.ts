import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { Db } from '../../db/core/pool.js';
import { CHECKPOINT_EVERY_MS, createCheckpointer } from './checkpointer.js';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

/** A Postgres that takes 20 ms for a statement, in which every fence holds. Notes the texts of each statement. */
function slowDatabase() {
  const statements: string[][] = [];
  const query = async (_statement: string, [turnIds, beats, fences, , , , texts]: unknown[][]) => {
    statements.push(texts as string[]);
    await new Promise((resolve) => setTimeout(resolve, 20));
    return { rows: (turnIds ?? []).map((turnId, i) => ({ turnId, beat: beats?.[i], fence: fences?.[i], stop: null })) };
  };
  return { db: { query } as unknown as Db, statements };
}

const listener = { fenceLost: () => undefined, stopMarked: () => undefined, refused: () => undefined };

/** Two streams, each of whose tokens comes while a statement is on its way. */
async function streamFor(ms: number) {
  const { db, statements } = slowDatabase();
  const checkpointer = createCheckpointer(db, (error) => {
    throw error;
  });
  const keys = ['turn_a', 'turn_b'].map((turnId) => ({ turnId, beat: 0 }));
  for (const key of keys) checkpointer.register(key, 1, listener);
  let sent = '';
  for (let passed = 0; passed < ms; passed += 10) {
    for (const key of keys) checkpointer.add({ ...key, epoch: 1, channel: 'text', offset: sent.length, text: 'x' });
    sent += 'x';
    await jest.advanceTimersByTimeAsync(10);
  }
  return { checkpointer, keys, statements, sent };
}

test('a checkpoint is one statement for all streams, however many tokens arrive while it is written', async () => {
  const { statements } = await streamFor(10 * CHECKPOINT_EVERY_MS);
  expect(statements.length).toBeGreaterThanOrEqual(9);
  expect(statements.length).toBeLessThanOrEqual(10);
  for (const texts of statements) expect(texts).toHaveLength(2);
});

test('tokens that arrive while a checkpoint is written are in the next one, each once', async () => {
  const { checkpointer, keys, statements, sent } = await streamFor(3 * CHECKPOINT_EVERY_MS);
  const flushed = Promise.all(keys.map((key) => checkpointer.flush(key)));
  await jest.advanceTimersByTimeAsync(100);
  await flushed;
  const written = statements.flat().join('');
  expect(written).toHaveLength(2 * sent.length);
});

test('a checkpoint that Postgres refuses for one stream ends only that stream', async () => {
  const written: unknown[] = [];
  const query = async (_statement: string, [turnIds, beats, fences]: unknown[][]) => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    if (turnIds?.includes('turn_b')) throw Object.assign(new Error('integer out of range'), { code: '22003' });
    written.push(...(turnIds ?? []));
    return { rows: (turnIds ?? []).map((turnId, i) => ({ turnId, beat: beats?.[i], fence: fences?.[i], stop: null })) };
  };
  const errors: unknown[] = [];
  const checkpointer = createCheckpointer({ query } as unknown as Db, (error) => errors.push(error));
  const refused: string[] = [];
  for (const turnId of ['turn_a', 'turn_b', 'turn_c']) {
    checkpointer.register({ turnId, beat: 0 }, 1, { ...listener, refused: () => refused.push(turnId) });
    checkpointer.add({ turnId, beat: 0, epoch: 1, channel: 'text', offset: 0, text: 'x' });
  }
  await jest.advanceTimersByTimeAsync(10 * CHECKPOINT_EVERY_MS);
  expect(written).toEqual(['turn_a', 'turn_c']);
  expect(refused).toEqual(['turn_b']);
  expect(errors).toEqual([]);
});
