import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Pool } from '../../../db/core/pool.js';
import { closeLostTurn } from '../../../db/reconciler/unfinished.js';
import { writeCheckpoints } from '../../../db/streaming/checkpoints.js';
import { recordFailure, switchToFallback } from '../../../db/streaming/draftFailures.js';
import { closeReply, landReply } from '../../../db/streaming/landReply.js';
import {
  acquireReplyLease,
  beginEpoch,
  readDraftText,
  recordResponse,
  releaseLease,
} from '../../../db/streaming/leases.js';
import { readDraftsInFlight } from '../../../db/timeline/feed.js';
import { readEvents } from '../../../db/timeline/log.js';
import { awaitOperator, resumeTurn } from '../../../db/turns/awaitOperator.js';
import { finishTurn } from '../../../db/turns/finish.js';
import { markStop } from '../../../db/turns/stop.js';
import { readTurn } from '../../../db/turns/turnView.js';
import { claim, owner, seedChat } from '../../support/chats/chats.js';
import { createTestDatabase, type TestDatabase } from '../../support/postgres/postgres.js';

let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = database.pool;
});
afterAll(() => database?.drop());

async function reply() {
  const { chatId, hostId } = await seedChat(pool);
  const { turn } = await claim(pool, chatId);
  const key = { turnId: turn.id, beat: 0 };
  const open = async () => {
    const opened = await acquireReplyLease(pool, key, { speakerId: hostId });
    if (opened.state !== 'held') throw new Error(`the draft is ${opened.state}`);
    return opened;
  };
  const write = (fence: number, epoch: number, offset: number, text: string) =>
    writeCheckpoints(pool, [{ ...key, fence, epoch, channel: 'text', offset, text }]);
  const landed = async () =>
    (await readEvents(pool, chatId, { after: 0, limit: 100, includeHidden: true })).filter(
      (e) => e.kind === 'assistant_turn',
    );
  const draft = async () =>
    (await pool.query('select fence, epoch, settled, status from drafts where turn_id = $1', [turn.id])).rows[0];
  return { chatId, hostId, turn, key, open, write, landed, draft };
}

const whole = { text: 'whole', truncated: false, model: 'm' };

describe('the reason of a new draft', () => {
  /** What the attempt that takes over is told, and what gateways read while it writes. */
  async function reasonsAfter(end: (r: Awaited<ReturnType<typeof reply>>, fence: number) => Promise<unknown>) {
    const r = await reply();
    const first = await r.open();
    await beginEpoch(pool, r.key, first.fence, 1);
    await end(r, first.fence);
    const second = await r.open();
    await beginEpoch(pool, r.key, second.fence, 2);
    const [state] = await readDraftsInFlight(pool, [r.chatId]);
    return [second.restartReason, state?.restartReason];
  }
  const fail = async ({ key }: Awaited<ReturnType<typeof reply>>, fence: number) => {
    await releaseLease(pool, key, fence);
    await recordFailure(pool, key, fence, { code: 'stream_broken' });
  };

  test.each([
    ['worker_lost', 'its writer never said how it ended', async () => undefined],
    ['provider_failed', 'the provider failed', fail],
    [
      'provider_changed',
      'another provider is asked',
      async (r: Awaited<ReturnType<typeof reply>>, fence: number) => {
        await fail(r, fence);
        await switchToFallback(pool, r.key, fence, { code: 'stream_broken' });
      },
    ],
    [
      'provider_failed',
      'the provider no longer has the response of a lost attempt',
      async (r: Awaited<ReturnType<typeof reply>>) => {
        const again = await r.open();
        await releaseLease(pool, r.key, again.fence);
        await recordResponse(pool, r.key, again.fence, null);
      },
    ],
    [
      'handed_over',
      'its writer handed over, also after a failure before',
      async (r: Awaited<ReturnType<typeof reply>>, fence: number) => {
        await fail(r, fence);
        const again = await r.open();
        await releaseLease(pool, r.key, again.fence, { handsOver: true });
      },
    ],
  ] as const)('is %s when %s', async (reason, _, end) => {
    expect(await reasonsAfter(end)).toEqual([reason, reason]);
  });
});

test('the streamed size adds up over attempts that ended in order, until an operator retries the reply', async () => {
  const r = await reply();
  const first = await r.open();
  expect(first.streamedMs).toBe(0);
  await releaseLease(pool, r.key, first.fence, { streamedMs: 400 });
  const second = await r.open();
  expect(second.streamedMs).toBe(400);
  await releaseLease(pool, r.key, second.fence, { handsOver: true, streamedMs: 200 });
  await r.open();
  const lost = await r.open();
  expect(lost.streamedMs).toBe(600);
  await awaitOperator(pool, r.key.turnId, { keepFloor: true });
  await resumeTurn(pool, r.key.turnId);
  expect((await r.open()).streamedMs).toBe(0);
});

describe('the fences of a reply', () => {
  test('refuse checkpoints, an epoch and a reply of an older attempt', async () => {
    const r = await reply();
    const zombie = await r.open();
    expect(await beginEpoch(pool, r.key, zombie.fence, 1)).toBe(true);
    const taker = await r.open();
    expect(taker.fence).toBe(zombie.fence + 1);
    expect(await r.write(zombie.fence, 1, 0, 'late')).toEqual([]);
    expect(await beginEpoch(pool, r.key, zombie.fence, 2)).toBe(false);
    expect(await landReply(pool, r.key, zombie.fence, whole)).toBe('superseded');
    expect(await recordFailure(pool, r.key, zombie.fence, { code: 'internal' })).toBeNull();
    expect(await readDraftText(pool, r.key, 1)).toBe('');
    expect(await r.landed()).toHaveLength(0);
  });

  test('are not taken by an old attempt that a frozen worker finds in its inbox', async () => {
    const r = await reply();
    const attempt = (number: number) =>
      acquireReplyLease(pool, r.key, { speakerId: r.hostId }, { task: 'run/2', number });
    expect(await attempt(1)).toMatchObject({ state: 'held', fence: 1, attempt: 1 });
    expect(await attempt(4)).toMatchObject({ state: 'held', fence: 2, attempt: 2 });
    for (const stale of [2, 3]) expect(await attempt(stale)).toEqual({ state: 'superseded' });
    expect(await attempt(4)).toMatchObject({ state: 'held', fence: 3 });
    const afterReset = await acquireReplyLease(
      pool,
      r.key,
      { speakerId: r.hostId },
      { task: 'another run/2', number: 1 },
    );
    expect(afterReset).toMatchObject({ state: 'held', fence: 4 });
  });

  test('let a reply land once, and a repeated landing returns the first result', async () => {
    const r = await reply();
    const { fence } = await r.open();
    await beginEpoch(pool, r.key, fence, 1);
    const [first, again] = [await landReply(pool, r.key, fence, whole), await landReply(pool, r.key, fence, whole)];
    expect(first).toEqual({ gone: false, landed: true, truncated: false, empty: false, code: null });
    expect(again).toEqual(first);
    expect(await acquireReplyLease(pool, r.key, { speakerId: r.hostId })).toEqual({ state: 'landed', verdict: first });
    expect(await closeReply(pool, r.key, { model: 'm' })).toEqual(first);
    expect(await r.landed()).toHaveLength(1);
  });

  test('allow one assistant_turn_started for all attempts', async () => {
    const r = await reply();
    for (let i = 0; i < 3; i++) await r.open();
    const events = await readEvents(pool, r.chatId, { after: 0, limit: 100 });
    expect(events.filter((e) => e.kind === 'assistant_turn_started')).toHaveLength(1);
  });

  test('refuse all writes to a turn that has ended', async () => {
    const r = await reply();
    const { fence } = await r.open();
    await finishTurn(pool, r.turn.id, { status: 'cancelled' });
    expect(await acquireReplyLease(pool, r.key, { speakerId: r.hostId })).toEqual({ state: 'gone' });
    expect(await r.write(fence, 1, 0, 'late')).toEqual([]);
    expect(await landReply(pool, r.key, fence, whole)).toMatchObject({ gone: true });
    expect(await r.landed()).toHaveLength(0);
  });
});

describe('the epochs of a draft', () => {
  test('are not raised by attempts without a delta', async () => {
    const r = await reply();
    await r.open();
    await r.open();
    const third = await r.open();
    expect(third).toMatchObject({ fence: 3, epoch: 0, attempt: 3 });
    expect(await beginEpoch(pool, r.key, third.fence, third.epoch + 1)).toBe(true);
    expect(await r.draft()).toMatchObject({ epoch: 1 });
  });

  test('are raised with the first delta, until which the old draft is kept', async () => {
    const r = await reply();
    const first = await r.open();
    await beginEpoch(pool, r.key, first.fence, 1);
    await r.write(first.fence, 1, 0, 'old draft');
    const second = await r.open();
    expect(await readDraftText(pool, r.key, 1)).toBe('old draft');
    await beginEpoch(pool, r.key, second.fence, 2);
    expect(await readDraftText(pool, r.key, 1)).toBe('');
  });

  test('are not raised when the reply is closed after an attempt that ended in order', async () => {
    const r = await reply();
    const { fence } = await r.open();
    await beginEpoch(pool, r.key, fence, 1);
    await r.write(fence, 1, 0, 'all of it');
    await releaseLease(pool, r.key, fence, { settled: true });
    expect(await closeReply(pool, r.key, { model: 'm' })).toMatchObject({ landed: true, truncated: true });
    expect(await r.draft()).toMatchObject({ epoch: 1, status: 'landed' });
    expect((await r.landed())[0]?.data).toMatchObject({ text: 'all of it', truncated: true });
  });

  test('are raised when a lost attempt was followed by one that failed before its first token', async () => {
    const r = await reply();
    const lost = await r.open();
    await beginEpoch(pool, r.key, lost.fence, 1);
    await r.write(lost.fence, 1, 0, 'The beginning');
    const failed = await r.open();
    await releaseLease(pool, r.key, failed.fence, { settled: false });
    expect(await r.open()).toMatchObject({ settled: false, lost: false });
    await closeReply(pool, r.key, { model: 'm' });
    expect(await r.draft()).toMatchObject({ epoch: 2, status: 'landed' });
  });

  test('are raised when the reply is closed after a lost attempt, which may have sent more', async () => {
    const r = await reply();
    const { fence } = await r.open();
    await beginEpoch(pool, r.key, fence, 1);
    await r.write(fence, 1, 0, 'what was checkpointed');
    await closeReply(pool, r.key, { model: 'm', error: { code: 'stream_broken', message: '' } });
    expect(await r.draft()).toMatchObject({ epoch: 2, status: 'landed' });
    expect((await r.landed())[0]?.data).toMatchObject({
      text: 'what was checkpointed',
      error: { code: 'stream_broken' },
    });
  });

  test('keep only checkpointed pieces without a gap before them', async () => {
    const r = await reply();
    const { fence } = await r.open();
    await beginEpoch(pool, r.key, fence, 1);
    await r.write(fence, 1, 0, 'abc');
    await r.write(fence, 1, 5, 'after a gap');
    expect(await readDraftText(pool, r.key, 1)).toBe('abc');
  });
});

describe('closing a reply', () => {
  test('by a stop before any token leaves no reply', async () => {
    const r = await reply();
    await r.open();
    expect(await closeReply(pool, r.key, { model: 'm' })).toEqual({
      gone: false,
      landed: false,
      truncated: false,
      empty: true,
      code: null,
    });
    expect(await r.landed()).toHaveLength(0);
  });

  test('by a failure before any token leaves an empty, truncated reply with its code', async () => {
    const r = await reply();
    const error = { code: 'provider_unauthorized', message: 'no' };
    await closeReply(pool, r.key, { model: 'm', error, speakerId: r.hostId });
    expect((await r.landed())[0]?.data).toMatchObject({ text: '', truncated: true, error, speakerId: r.hostId });
  });

  test('is triggered by the next checkpoint when the message of a stop was lost', async () => {
    const r = await reply();
    const { fence } = await r.open();
    await beginEpoch(pool, r.key, fence, 1);
    expect(await r.write(fence, 1, 0, 'a')).toMatchObject([{ stop: null }]);
    await markStop(pool, { turnId: r.turn.id, owner });
    expect(await r.write(fence, 1, 1, 'b')).toMatchObject([{ stop: 'cancel' }]);
    expect(await acquireReplyLease(pool, r.key, { speakerId: r.hostId })).toEqual({ state: 'stopped', stop: 'cancel' });
  });

  test('of a lost turn keeps its partial text, fails it with a code, and passes the floor on', async () => {
    const r = await reply();
    const waiting = await claim(pool, r.chatId);
    const { fence } = await r.open();
    await beginEpoch(pool, r.key, fence, 1);
    await r.write(fence, 1, 0, 'so far');
    const how = { code: 'workflow_terminated', model: 'm' } as const;
    expect(await closeLostTurn(pool, r.turn.id, how)).toMatchObject({
      closed: true,
      next: { turnId: waiting.turn.id },
    });
    expect(await closeLostTurn(pool, r.turn.id, how)).toEqual({ closed: false, next: null });
    expect(await readTurn(pool, { turnId: r.turn.id, owner })).toMatchObject({
      status: 'failed',
      error: { code: 'workflow_terminated' },
      beats: [{ text: 'so far', truncated: true }],
    });
  });

  test('of a turn that was lost after its reply had landed completes it', async () => {
    const r = await reply();
    const { fence } = await r.open();
    await beginEpoch(pool, r.key, fence, 1);
    await landReply(pool, r.key, fence, whole);
    await closeLostTurn(pool, r.turn.id, { code: 'workflow_lost', model: 'm' });
    expect((await readTurn(pool, { turnId: r.turn.id, owner }))?.status).toBe('completed');
  });
});
