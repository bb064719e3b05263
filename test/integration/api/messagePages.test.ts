import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { newId } from '../../../db/core/ids.js';
import type { Pool } from '../../../db/core/pool.js';
import { landReply } from '../../../db/streaming/landReply.js';
import { acquireReplyLease } from '../../../db/streaming/leases.js';
import { rewindChat } from '../../../db/timeline/rewind.js';
import { claim, owner, seedChat } from '../../support/chats/chats.js';
import { readTranscript, tellStory } from '../../support/chats/timeline.js';
import { createTestDatabase, type TestDatabase } from '../../support/postgres/postgres.js';

jest.setTimeout(120_000);

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await createTestDatabase();
  pool = database.pool;
}, 60_000);
afterAll(() => database.drop());

const moves = ['claim', 'begin', 'land', 'finish', 'cancel', 'cite', 'note', 'stick', 'regenerate', 'rewind'] as const;
type Move = (typeof moves)[number];

/** A chat whose events are made one by one, in any order that the chat allows. */
async function play(course: Move[]) {
  const seeded = await seedChat(pool);
  const { chatId, hostId } = seeded;
  const story = tellStory(pool, seeded);
  let made = 0;
  const running = async () => {
    const { rows } = await pool.query<{ id: string | null; seq: number }>(
      'select active_turn_id as id, seq from chats where id = $1',
      [chatId],
    );
    return rows[0]!;
  };
  const newest = async () => {
    const { rows } = await pool.query<{ id: string }>(
      `select t.id from turns t join events e on e.chat_id = t.chat_id and e.seq = t.user_turn_seq
       where t.chat_id = $1 and e.hidden_by is null order by t.user_turn_seq desc, t.id desc limit 1`,
      [chatId],
    );
    return rows[0]?.id;
  };
  const drafts = new Map<string, number>();
  const begin = async (turnId: string) => {
    const draft = await acquireReplyLease(pool, { turnId, beat: 0 }, { speakerId: hostId });
    if (draft.state === 'held') drafts.set(turnId, draft.fence);
  };
  const act: Record<Move, (now: { id: string | null; seq: number }) => Promise<unknown>> = {
    claim: () => claim(pool, chatId, { text: `say ${made}` }),
    begin: async ({ id }) => id && begin(id),
    async land({ id }) {
      if (!id) return;
      if (!drafts.has(id)) await begin(id);
      const fence = drafts.get(id);
      const reply = { text: `reply ${made}`, truncated: false, model: 'test' };
      if (fence !== undefined) await landReply(pool, { turnId: id, beat: 0 }, fence, reply);
    },
    finish: async ({ id }) => id && story.finish(id),
    cancel: async ({ id }) => id && story.finish(id, 'cancelled'),
    cite: () =>
      story.append(null, `artifact:${newId('evt')}`, { kind: 'citations', data: { citations: [`citation ${made}`] } }),
    note: () => story.append(null, `note:${newId('evt')}`, { kind: 'system_message', data: { text: `note ${made}` } }),
    stick: async ({ id }) => id && story.getStuck(id, `significance:${made}`),
    regenerate: async ({ id }) => {
      const last = id ? undefined : await newest();
      if (last) await story.regenerate(last, made % 2 ? `edit ${made}` : undefined);
    },
    rewind: ({ seq }) => rewindChat(pool, { chatId, owner, toSeq: Math.max(1, seq - (made % 9)), interrupt: false }),
  };
  for (const move of course) {
    made += 1;
    // What the chat does not allow now is refused, and changes nothing.
    await act[move](await running()).catch((error: unknown) => {
      if ((error as Error).name !== 'ChatRefused') throw error;
    });
  }
  return chatId;
}

it('the pages of a transcript make up the whole transcript, for any history of the chat', async () => {
  const weighted = fc.constantFrom<Move>(...moves, 'claim', 'land', 'land', 'finish', 'finish', 'cite', 'cite');
  await fc.assert(
    fc.asyncProperty(fc.array(weighted, { minLength: 4, maxLength: 40 }), async (course) => {
      await readTranscript(pool, await play(course), [1, 2, 1_000]);
    }),
    { numRuns: 60, seed: 7, endOnFailure: false },
  );
});

describe('a message', () => {
  it('shows the artifacts that clients appended during and after its turn, on any page', async () => {
    const chatId = await play(['claim', 'claim', 'begin', 'cite', 'land', 'finish', 'cite', 'land', 'finish', 'cite']);
    const cited = (await readTranscript(pool, chatId, [1, 3])).map(({ content, citations }) => [content, citations]);
    expect(cited).toEqual([
      ['say 1', undefined],
      ['reply 5', ['citation 4']],
      ['say 2', undefined],
      ['reply 8', ['citation 7', 'citation 10']],
    ]);
  });
});
