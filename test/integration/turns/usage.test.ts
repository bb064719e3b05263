import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Pool } from '../../../db/core/pool.js';
import { applyStep } from '../../../db/narrative/applyAnswer.js';
import { closeLostTurn } from '../../../db/reconciler/unfinished.js';
import { type CallSoFar, writeCheckpoints } from '../../../db/streaming/checkpoints.js';
import { recordFailure } from '../../../db/streaming/draftFailures.js';
import { closeReply, landReply } from '../../../db/streaming/landReply.js';
import { acquireReplyLease, beginEpoch, recordResponse } from '../../../db/streaming/leases.js';
import { adoptCall, readModelCalls, settleFailedCall } from '../../../db/streaming/modelCalls.js';
import { finishTurn } from '../../../db/turns/finish.js';
import { beginStep, failStep, markStuck } from '../../../db/turns/steps.js';
import { readTurn } from '../../../db/turns/turnView.js';
import { TurnFailure, toPublicError } from '../../../domain/log/failures.js';
import { estimatedUsage } from '../../../domain/turns/usage.js';
import { claim, owner, seedChat } from '../../support/chats/chats.js';
import { createTestDatabase, type TestDatabase } from '../../support/postgres/postgres.js';

let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = database.pool;
});
afterAll(() => database?.drop());

const step = 'reply:0';
const exact = { ...estimatedUsage('m', { prompt: 100, completion: 20 }), certainty: 'exact' as const };
const landed = { text: 'Whole.', truncated: false, model: 'm', usage: exact };

/** A turn's reply, each statement of its attempts by hand. */
async function reply() {
  const { chatId, hostId } = await seedChat(pool);
  const { turn } = await claim(pool, chatId);
  const key = { turnId: turn.id, beat: 0 };
  const open = async () => {
    const opened = await acquireReplyLease(pool, key, { speakerId: hostId });
    if (opened.state !== 'held') throw new Error(`the draft is ${opened.state}`);
    return opened;
  };
  type Opened = Awaited<ReturnType<typeof open>>;
  /** Says that the request is sent, or what was received of it. */
  const checkpoint = (opened: Opened, epoch: number, text: string, more: Partial<CallSoFar> = {}) => {
    const call = { step, attempt: opened.askedAttempt, model: 'm', promptTokens: 90, completionTokens: 0, ...more };
    return writeCheckpoints(pool, [{ ...key, fence: opened.fence, epoch, channel: 'text', offset: 0, text, call }]);
  };
  const begin = async (opened: Opened, epoch: number, text: string, more: Partial<CallSoFar> = {}) => {
    await beginEpoch(pool, key, opened.fence, epoch);
    await checkpoint(opened, epoch, text, { completionTokens: 7, ...more });
  };
  const end = async (status: 'completed' | 'failed' | 'cancelled', code?: 'provider_quota' | 'stream_broken') => {
    await finishTurn(pool, turn.id, { status, error: code && toPublicError(code) });
    return (await readTurn(pool, { turnId: turn.id, owner }))!;
  };
  const land = (opened: Opened, more: object = {}) => landReply(pool, key, opened.fence, { ...landed, ...more });
  return { chatId, turnId: turn.id, key, open, checkpoint, begin, land, end };
}

describe('the usage of a turn', () => {
  test('counts the received tokens of an attempt that was lost with its worker as wasted', async () => {
    const r = await reply();
    await r.begin(await r.open(), 1, 'Half of');
    const second = await r.open();
    await r.begin(second, 2, 'Whole.');
    await r.land(second);
    const { usage } = await r.end('completed');
    expect(usage).toEqual({
      ...exact,
      promptTokens: 200,
      completionTokens: 27,
      totalTokens: 227,
      llmCallCount: 2,
      certainty: 'estimated',
      wasted: { promptTokens: 100, completionTokens: 7, calls: 1 },
    });
    expect(await readModelCalls(pool, r.turnId)).toEqual([]);
  });

  test('counts an attempt that was lost before its first checkpoint', async () => {
    const r = await reply();
    await r.open();
    await r.land(await r.open());
    expect((await r.end('completed')).usage).toMatchObject({
      llmCallCount: 2,
      certainty: 'estimated',
      wasted: { promptTokens: 100, completionTokens: 0, calls: 1 },
    });
  });

  test('is exact and also in the reply after a single attempt', async () => {
    const r = await reply();
    await r.land(await r.open());
    const wasted = { promptTokens: 0, completionTokens: 0, calls: 0 };
    expect((await r.end('completed')).usage).toEqual({ ...exact, wasted });
    const { rows } = await pool.query("select data->'usage' as usage from events where turn_id = $1 and n = 1", [
      r.turnId,
    ]);
    expect(rows[0].usage).toEqual({ ...exact, wasted });
  });

  test('counts a background response once, however many attempts resumed it', async () => {
    const r = await reply();
    const first = await r.open();
    await recordResponse(pool, r.key, first.fence, { id: 'resp_1', epoch: 1 });
    await r.begin(first, 1, 'Half of');
    const second = await r.open();
    expect([second.attempt, second.askedAttempt]).toEqual([2, 1]);
    await r.land(second);
    expect((await r.end('completed')).usage).toMatchObject({ llmCallCount: 1, certainty: 'exact' });
  });

  test('counts a stream once that was adopted by another attempt', async () => {
    const r = await reply();
    const first = await r.open();
    const second = await r.open();
    await adoptCall(pool, { turnId: r.turnId, step, attempt: second.attempt }, 0, first.attempt);
    await r.land(second);
    expect((await r.end('completed')).usage).toMatchObject({ llmCallCount: 1, wasted: { calls: 0 } });
  });

  test('counts both calls of a continued text, and neither as wasted', async () => {
    const r = await reply();
    await r.begin(await r.open(), 1, 'Half of ');
    await r.land(await r.open(), { continuedEpoch: 1 });
    expect((await r.end('completed')).usage).toMatchObject({
      promptTokens: 200,
      llmCallCount: 2,
      certainty: 'estimated',
      wasted: { calls: 0 },
    });
  });

  test('of a reply that was closed with partial text counts only the earlier calls as wasted', async () => {
    const r = await reply();
    await r.begin(await r.open(), 1, 'Lost');
    await r.begin(await r.open(), 2, 'Kept', { completionTokens: 3 });
    await closeReply(pool, r.key, { model: 'm' });
    expect((await r.end('cancelled')).usage).toMatchObject({
      promptTokens: 180,
      completionTokens: 10,
      wasted: { promptTokens: 90, completionTokens: 7, calls: 1 },
    });
  });

  test('of a reply without text is wasted as a whole', async () => {
    const r = await reply();
    await r.checkpoint(await r.open(), 0, '');
    await closeReply(pool, r.key, { model: 'm' });
    expect((await r.end('cancelled')).usage).toMatchObject({
      promptTokens: 90,
      certainty: 'estimated',
      wasted: { promptTokens: 90, calls: 1 },
    });
  });

  test('counts no request that was never sent, and a refused one without tokens', async () => {
    const r = await reply();
    const first = await r.open();
    const call = (attempt: number) => ({ turnId: r.turnId, step, attempt });
    await settleFailedCall(
      pool,
      call(first.attempt),
      'm',
      new TurnFailure('provider_unreachable', { spent: 'nothing' }),
    );
    const second = await r.open();
    await settleFailedCall(
      pool,
      call(second.attempt),
      'm',
      new TurnFailure('provider_rate_limited', { spent: 'call' }),
    );
    await r.land(await r.open());
    expect((await r.end('completed')).usage).toMatchObject({
      promptTokens: 100,
      llmCallCount: 2,
      wasted: { promptTokens: 0, completionTokens: 0, calls: 1 },
    });
  });

  test('of a turn that is closed without its workflow counts the calls of its lost worker', async () => {
    const r = await reply();
    await r.begin(await r.open(), 1, 'Half of');
    await closeLostTurn(pool, r.turnId, { code: 'workflow_terminated', model: 'm' });
    const turn = await readTurn(pool, { turnId: r.turnId, owner });
    expect(turn?.usage).toMatchObject({ promptTokens: 90, completionTokens: 7, wasted: { calls: 0 } });
  });

  test('counts the calls of classifiers, failed ones as wasted, and none twice', async () => {
    const r = await reply();
    await r.land(await r.open());
    const name = 'significance:0';
    const asks = { model: 'small', promptTokens: 50 };
    const first = await beginStep(pool, { turnId: r.turnId, name }, 0, asks);
    await failStep(pool, { turnId: r.turnId, name }, { code: 'bad_answer' });
    const usage = { ...exact, promptTokens: 60, completionTokens: 5, totalTokens: 65, modelId: 'small' };
    await settleFailedCall(
      pool,
      { turnId: r.turnId, step: name, attempt: first.attempt },
      'small',
      new TurnFailure('bad_answer', { usage }),
    );
    const { attempt } = await beginStep(pool, { turnId: r.turnId, name }, 0, asks);
    await applyStep(pool, { turnId: r.turnId, name }, () => ({ events: [], verdict: {} }), { attempt, usage });
    expect((await beginStep(pool, { turnId: r.turnId, name }, 0, asks)).done).toBe(true);
    expect((await r.end('completed')).usage).toMatchObject({
      promptTokens: 220,
      completionTokens: 30,
      llmCallCount: 3,
      modelId: 'm',
      certainty: 'exact',
      wasted: { promptTokens: 60, completionTokens: 5, calls: 1 },
    });
  });
});

describe('the error detail of the provider', () => {
  const detail = { status: 429, code: 'insufficient_quota', requestId: 'req_1' };

  test('is in the error of the reply, of its step and of its turn', async () => {
    const r = await reply();
    const { fence } = await r.open();
    await recordFailure(pool, r.key, fence, { code: 'provider_quota', detail });
    await closeReply(pool, r.key, { model: 'm', error: toPublicError('provider_quota') });
    const turn = await r.end('failed', 'provider_quota');
    expect(turn.error).toEqual(toPublicError('provider_quota', detail));
    const { rows } = await pool.query(
      `select kind, data->'error'->'detail' as detail from events where turn_id = $1 and data ? 'error' order by seq`,
      [r.turnId],
    );
    expect(rows).toEqual([
      { kind: 'assistant_turn', detail },
      { kind: 'turn_completed', detail },
    ]);
  });

  test('is in a retrying or stuck step, and not in another failure', async () => {
    const r = await reply();
    const key = { turnId: r.turnId, name: 'parse' };
    await beginStep(pool, key, 0);
    await failStep(pool, key, { code: 'provider_quota', detail });
    const stepOf = async () =>
      (await readTurn(pool, { turnId: r.turnId, owner }))?.steps.find((s) => s.name === 'parse');
    expect((await stepOf())?.error).toEqual(toPublicError('provider_quota', detail));
    await markStuck(pool, key, 0, 'provider_quota');
    expect((await stepOf())?.error).toEqual(toPublicError('provider_quota', detail));
    await markStuck(pool, key, 1, 'internal');
    expect((await stepOf())?.error).toEqual(toPublicError('internal'));
    const turn = await r.end('failed', 'stream_broken');
    expect(turn.error).toEqual(toPublicError('stream_broken'));
  });
});
