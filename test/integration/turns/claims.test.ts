import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createPool, type Pool } from '../../../db/core/pool.js';
import { readEvents } from '../../../db/timeline/log.js';
import { readProjections, rebuildProjections } from '../../../db/timeline/rebuild/rebuild.js';
import { finishTurn } from '../../../db/turns/finish.js';
import type { ReadChat } from '../../../db/turns/prepareTurn.js';
import { markStop } from '../../../db/turns/stop.js';
import { readTurn } from '../../../db/turns/turnView.js';
import { claim, owner, seedChat } from '../../support/chats/chats.js';
import { createTestDatabase, type TestDatabase } from '../../support/postgres/postgres.js';

let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool(database.url, { max: 20 });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const allEvents = (chatId: string) => readEvents(pool, chatId, { after: 0, limit: 1_000, includeHidden: true });
const activeTurn = async (chatId: string) =>
  (await pool.query('select active_turn_id as id from chats where id = $1', [chatId])).rows[0].id as string | null;

describe('claiming the floor of a chat', () => {
  test('by twenty posts with one key makes one turn', async () => {
    const { chatId } = await seedChat(pool);
    const claims = await Promise.all(Array.from({ length: 20 }, () => claim(pool, chatId, { idempotencyKey: 'k' })));
    expect(new Set(claims.map((c) => c.turn.id)).size).toBe(1);
    expect(claims.filter((c) => c.created)).toHaveLength(1);
    expect(claims.filter((c) => c.start)).toHaveLength(1);
    expect((await allEvents(chatId)).filter((e) => e.kind === 'user_turn')).toHaveLength(1);
  });

  test('as of a state of the chat is refused once its log has grown, and a repeat is not', async () => {
    const { chatId } = await seedChat(pool);
    const { rows } = await pool.query<ReadChat>('select seq, kind, settings from chats where id = $1', [chatId]);
    const asOf = { preparation: { asOf: rows[0]! }, idempotencyKey: 'k' };
    const { turn } = await claim(pool, chatId, asOf);
    expect((await claim(pool, chatId, asOf)).turn.id).toBe(turn.id);
    const later = claim(pool, chatId, { ...asOf, idempotencyKey: 'other' });
    await expect(later).rejects.toMatchObject({ code: 'not_last_turn' });
    expect((await allEvents(chatId)).filter((e) => e.kind === 'user_turn')).toHaveLength(1);
  });

  test('with a used key and another body is refused', async () => {
    const { chatId } = await seedChat(pool);
    await claim(pool, chatId, { idempotencyKey: 'k' });
    await expect(claim(pool, chatId, { idempotencyKey: 'k', requestHash: 'other' })).rejects.toMatchObject({
      code: 'idempotency_mismatch',
    });
  });

  test('by forty posts at once gives it to one, with a dense log, and runs all in the order of their posts', async () => {
    const { chatId } = await seedChat(pool);
    const claims = await Promise.all(Array.from({ length: 40 }, () => claim(pool, chatId)));
    expect(claims.filter((c) => c.start)).toHaveLength(1);
    expect((await allEvents(chatId)).map((e) => e.seq)).toEqual(Array.from({ length: 42 }, (_, i) => i + 1));

    const ran: number[] = [];
    for (let id = await activeTurn(chatId); id; id = await activeTurn(chatId)) {
      ran.push((await readTurn(pool, { turnId: id, owner }))!.userTurnSeq);
      await finishTurn(pool, id, { status: 'completed' });
    }
    expect(ran).toEqual(Array.from({ length: 40 }, (_, i) => i + 3));
  });

  test('with whenBusy reject is refused while a turn has it, and stores nothing', async () => {
    const { chatId } = await seedChat(pool);
    await claim(pool, chatId);
    await expect(claim(pool, chatId, { whenBusy: 'reject' })).rejects.toMatchObject({ code: 'turn_in_progress' });
    expect(await allEvents(chatId)).toHaveLength(3);
  });

  test('with an interrupt marks the running turn and goes to the head of the queue', async () => {
    const { chatId } = await seedChat(pool);
    const running = await claim(pool, chatId);
    const waiting = await claim(pool, chatId);
    const urgent = await claim(pool, chatId, { whenBusy: 'interrupt' });
    expect(urgent.stopping).toBe(running.turn.id);
    expect((await readTurn(pool, { turnId: urgent.turn.id, owner }))?.queuePosition).toBe(1);
    expect((await readTurn(pool, { turnId: waiting.turn.id, owner }))?.queuePosition).toBe(2);
    const { next } = await finishTurn(pool, running.turn.id, { status: 'cancelled' });
    expect(next?.turnId).toBe(urgent.turn.id);
  });

  test('with a rollback removes the running turn from the timeline and the projections, but not from the log', async () => {
    const { chatId } = await seedChat(pool);
    const before = await readProjections(pool, chatId);
    const running = await claim(pool, chatId);
    const after = await claim(pool, chatId, { whenBusy: 'rollback' });
    await finishTurn(pool, running.turn.id, { status: 'completed' });
    const events = await allEvents(chatId);
    const mark = events.find((e) => e.kind === 'turn_rolled_back');
    expect(mark).toMatchObject({ data: { turnId: running.turn.id }, hiddenBy: null });
    const ofTurn = events.filter((e) => e.turnId === running.turn.id && e !== mark);
    expect(ofTurn.map((e) => [e.kind, e.hiddenBy])).toEqual([
      ['user_turn', mark?.seq],
      ['turn_completed', mark?.seq],
    ]);
    expect((await readTurn(pool, { turnId: running.turn.id, owner }))?.status).toBe('cancelled');
    const folded = await readProjections(pool, chatId);
    expect(folded.scenes).toEqual(before.scenes);
    expect(folded.chat_summaries).toMatchObject([{ message_count: 1 }]);
    expect(await activeTurn(chatId)).toBe(after.turn.id);
    await rebuildProjections(pool, chatId);
    expect(await readProjections(pool, chatId)).toEqual(folded);
  });

  test('is passed on once when a turn is finished twice, to the same successor until that one runs', async () => {
    const { chatId } = await seedChat(pool);
    const first = await claim(pool, chatId);
    const second = await claim(pool, chatId);
    expect((await finishTurn(pool, first.turn.id, { status: 'completed' })).next?.turnId).toBe(second.turn.id);
    expect((await finishTurn(pool, first.turn.id, { status: 'completed' })).next?.turnId).toBe(second.turn.id);
    expect((await allEvents(chatId)).filter((e) => e.kind === 'turn_completed')).toHaveLength(1);
  });
});

describe('stopping in the database', () => {
  test('a queued turn cancels it at once, and it never gets the floor', async () => {
    const { chatId } = await seedChat(pool);
    const first = await claim(pool, chatId);
    const queued = await claim(pool, chatId);
    for (let i = 0; i < 3; i++) {
      expect(await markStop(pool, { turnId: queued.turn.id, owner })).toEqual({ found: true, stopping: null });
    }
    expect((await readTurn(pool, { turnId: queued.turn.id, owner }))?.status).toBe('cancelled');
    expect((await finishTurn(pool, first.turn.id, { status: 'completed' })).next).toBeNull();
    expect(await activeTurn(chatId)).toBeNull();
  });

  test('the turns of a chat marks the running one and keeps the queue', async () => {
    const { chatId } = await seedChat(pool);
    const first = await claim(pool, chatId);
    const queued = await claim(pool, chatId);
    expect(await markStop(pool, { chatId, owner })).toEqual({ found: true, stopping: first.turn.id });
    expect((await readTurn(pool, { turnId: queued.turn.id, owner }))?.status).toBe('queued');
  });

  test('a turn of another owner is refused as not found', async () => {
    const { chatId } = await seedChat(pool);
    const { turn } = await claim(pool, chatId);
    expect(await markStop(pool, { turnId: turn.id, owner: 'someone' })).toEqual({ found: false, stopping: null });
  });

  test('a turn that has ended changes nothing', async () => {
    const { chatId } = await seedChat(pool);
    const { turn } = await claim(pool, chatId);
    await finishTurn(pool, turn.id, { status: 'completed' });
    expect(await markStop(pool, { turnId: turn.id, owner })).toEqual({ found: true, stopping: null });
    expect((await readTurn(pool, { turnId: turn.id, owner }))?.status).toBe('completed');
  });
});
