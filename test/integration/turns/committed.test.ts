import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type Committed, onCommitted } from '../../../db/core/committed.js';
import { transaction } from '../../../db/core/pool.js';
import { closeLostTurn } from '../../../db/reconciler/unfinished.js';
import { recordFailure } from '../../../db/streaming/draftFailures.js';
import { landReply } from '../../../db/streaming/landReply.js';
import { acquireReplyLease, beginEpoch, type FirstToken, releaseLease } from '../../../db/streaming/leases.js';
import { endTurn } from '../../../db/turns/endTurn.js';
import { finishTurn } from '../../../db/turns/finish.js';
import { lockTurn } from '../../../db/turns/lockTurn.js';
import { markStuck } from '../../../db/turns/steps.js';
import { markStop } from '../../../db/turns/stop.js';
import { claim, owner, seedChat } from '../../support/chats/chats.js';
import { createTestDatabase, type TestDatabase } from '../../support/postgres/postgres.js';

let database: TestDatabase;
let chatId: string;
let told: Committed[];

beforeAll(async () => {
  database = await createTestDatabase();
  onCommitted(database.pool, (committed) => told.push(committed));
}, 60_000);
afterAll(() => database?.drop());
beforeEach(async () => {
  told = [];
  chatId = (await seedChat(database.pool)).chatId;
});

const begin = async () => (await claim(database.pool, chatId)).turn.id;
const ended = (turnId: string) => told.filter(({ what, ...rest }) => what === 'turn_ended' && rest.turnId === turnId);

describe('the end of a turn', () => {
  test('is reported once, with its duration and usage, however often it is finished', async () => {
    const { pool } = database;
    const turnId = await begin();
    const key = { turnId, beat: 0 };
    await acquireReplyLease(pool, key, { speakerId: 'chr_1' });
    const second = await acquireReplyLease(pool, key, { speakerId: 'chr_1' });
    if (second.state !== 'held') throw new Error(second.state);
    await beginEpoch(pool, key, second.fence, 1);
    const usage = { promptTokens: 5, completionTokens: 7, totalTokens: 12, cachedTokens: 0 };
    const more = { toolCallCount: 0, llmCallCount: 1, modelId: 'm', certainty: 'exact' } as const;
    const reply = { text: 'Yes.', truncated: false, model: 'm', usage: { ...usage, ...more } };
    await landReply(pool, key, second.fence, reply);
    for (let n = 0; n < 3; n++) await finishTurn(pool, turnId, { status: 'completed', warnings: ['w'] });
    expect(ended(turnId)).toEqual([
      {
        what: 'turn_ended',
        turnId,
        chatId,
        kind: 'narrative',
        status: 'completed',
        code: null,
        warnings: 1,
        attempts: 2,
        tokens: 7,
        seconds: expect.any(Number),
        firstTokenSeconds: expect.any(Number),
      },
    ]);
  });

  test('is reported also when a stop of a queued turn or the reconciler ends it', async () => {
    const { pool } = database;
    const holder = await begin();
    const queued = await begin();
    await markStop(pool, { turnId: queued, owner });
    expect(ended(queued)).toMatchObject([{ status: 'cancelled', attempts: 0, firstTokenSeconds: null, tokens: null }]);
    await closeLostTurn(pool, holder, { code: 'workflow_lost', model: 'm' });
    await closeLostTurn(pool, holder, { code: 'workflow_lost', model: 'm' });
    expect(ended(holder)).toMatchObject([{ status: 'failed', code: 'workflow_lost' }]);
  });

  test('is not reported when its transaction is rolled back', async () => {
    const { pool } = database;
    const turnId = await begin();
    const failing = transaction(pool, async (tx) => {
      const held = await lockTurn(tx, turnId);
      await endTurn(tx, held!.turn, { status: 'completed', step: 'finish' });
      throw new Error('on purpose');
    });
    await expect(failing).rejects.toThrow('on purpose');
    expect(told).toEqual([]);
    await finishTurn(pool, turnId, { status: 'completed' });
    expect(ended(turnId)).toHaveLength(1);
  });
});

test('a step that gets stuck is reported once per round', async () => {
  const turnId = await begin();
  const key = { turnId, name: 'significance:0' };
  for (const round of [0, 0, 1]) await markStuck(database.pool, key, round, 'bad_answer');
  const stuck = { what: 'step_stuck', turnId, chatId, kind: 'narrative', step: key.name, code: 'bad_answer' };
  expect(told).toEqual([stuck, stuck]);
});

describe('a first token', () => {
  test('is reported once per turn, whatever happens to its draft', async () => {
    const { pool } = database;
    const key = { turnId: await begin(), beat: 0 };
    const first: FirstToken[] = [];
    for (const epoch of [1, 2]) {
      const draft = await acquireReplyLease(pool, key, { speakerId: 'chr_1' });
      if (draft.state !== 'held') throw new Error(draft.state);
      await beginEpoch(pool, key, draft.fence, epoch, (token) => first.push(token));
    }
    expect(first).toEqual([{ sinceAccepted: expect.any(Number), sinceStarted: expect.any(Number) }]);
    expect(first[0]?.sinceAccepted).toBeGreaterThanOrEqual(first[0]?.sinceStarted ?? Number.NaN);
  });

  test('of a second beat is not reported', async () => {
    const { pool } = database;
    const key = { turnId: await begin(), beat: 1 };
    const draft = await acquireReplyLease(pool, key, { speakerId: 'chr_1' });
    if (draft.state !== 'held') throw new Error(draft.state);
    const first: FirstToken[] = [];
    expect(await beginEpoch(pool, key, draft.fence, 1, (token) => first.push(token))).toBe(true);
    expect(first).toEqual([]);
  });
});

test('an attempt that never reported its end is reported as lost by the next one', async () => {
  const { pool } = database;
  const key = { turnId: await begin(), beat: 0 };
  const open = async () => {
    const draft = await acquireReplyLease(pool, key, { speakerId: 'chr_1' });
    if (draft.state !== 'held') throw new Error(draft.state);
    return draft;
  };
  const first = await open();
  expect(first.lost).toBe(false);
  await releaseLease(pool, key, first.fence);
  await recordFailure(pool, key, first.fence, { code: 'provider_error' });
  expect((await open()).lost).toBe(false);
  expect((await open()).lost).toBe(true);
});
