import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readChat } from '../../../db/chats/chats.js';
import { deleteChat } from '../../../db/chats/deleteChat.js';
import { type Pool, transaction } from '../../../db/core/pool.js';
import { forkChat } from '../../../db/timeline/fork.js';
import { rewindChat } from '../../../db/timeline/rewind.js';
import { readVersions } from '../../../db/timeline/versions/versions.js';
import { readTurn } from '../../../db/turns/turnView.js';
import { claim, owner, seedChat } from '../../support/chats/chats.js';
import { expectFolded, type Story, tellStory, withoutChat } from '../../support/chats/timeline.js';
import { createTestDatabase, type TestDatabase } from '../../support/postgres/postgres.js';
import { until } from '../../support/until.js';

let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = database.pool;
});
afterAll(() => database.drop());

async function begin() {
  const seeded = await seedChat(pool);
  const story = tellStory(pool, seeded);
  const fork = async (atSeq?: number) => {
    const at = atSeq ?? (await story.log()).length;
    const chat = await forkChat(pool, { chatId: seeded.chatId, owner, atSeq: at });
    return { chat, copy: tellStory(pool, { ...seeded, chatId: chat.id }) };
  };
  return { story, fork };
}

/** What a fork has as its source has it: all but what says where in a log a row is from. */
const state = async (story: Story) =>
  withoutChat(
    await story.projections(),
    'seq',
    'written_seq',
    'chat_clock',
    'opened_seq',
    'closed_seq',
    'pinned_seq',
    'last_event_seq',
  );

describe('a fork', () => {
  test('begins with the state of its source, and both continue independently', async () => {
    const { story, fork } = await begin();
    await story.say('One', '1', 4);
    await story.sayAndStop('Two', '2, in p');
    const { chat, copy } = await fork();
    expect(chat).toMatchObject({ title: null, activeTurnId: null, queue: [], seq: (await story.log()).length });
    expect(await copy.spoken()).toEqual(await story.spoken());
    expect(await state(copy)).toEqual(await state(story));
    expect((await copy.log()).map(({ kind, at }) => [kind, at])).toEqual(
      (await story.log()).map(({ kind, at }) => [kind, at]),
    );
    await expectFolded(pool, copy);
    await copy.say('Three', '3');
    await story.say('Four', '4');
    expect(await copy.spoken()).toEqual(['One', '1', 'Two', '2, in p', 'Three', '3']);
    expect(await story.spoken()).toEqual(['One', '1', 'Two', '2, in p', 'Four', '4']);
  });

  test('has turns of its own with the same ends, whose beats are read from the log', async () => {
    const { story, fork } = await begin();
    const turnId = await story.sayAndStop('One', '1, in p');
    const { chat, copy } = await fork();
    const [said] = (await copy.log()).filter((event) => event.kind === 'user_turn');
    expect(said?.turnId).not.toBe(turnId);
    const turn = await readTurn(pool, { turnId: said?.turnId ?? '', owner });
    const source = await readTurn(pool, { turnId, owner });
    expect(turn).toMatchObject({
      chatId: chat.id,
      status: 'cancelled',
      userTurnSeq: said?.seq,
      createdAt: source?.createdAt,
      finishedAt: source?.finishedAt,
      beats: [{ beat: 0, text: '1, in p', truncated: true, status: 'done', seq: 5 }],
    });
  });

  test('has only the active version of a reply, and the user turn that it answers', async () => {
    const { story, fork } = await begin();
    const turnId = await story.say('One', '1', 2);
    await story.sayAgain(turnId, '1b', { text: 'One!', delta: 8 });
    await story.say('Two', '2', 3);
    const { copy } = await fork();
    expect(await copy.spoken()).toEqual(['One!', '1b', 'Two', '2']);
    expect(await state(copy)).toEqual(await state(story));
    const log = await copy.log();
    expect(log.every((event) => event.hiddenBy === null && event.supersededBy === null)).toBe(true);
    expect(log.map((event) => event.kind).filter((kind) => /edit|superseded/.test(kind))).toEqual([]);
    const first = log.find((event) => event.kind === 'user_turn');
    const refers = log.filter((event) => event.turnId === first?.turnId && 'userTurnSeq' in event.data);
    expect(refers.map((event) => (event.data as { userTurnSeq: number }).userTurnSeq)).toEqual([
      first?.seq,
      first?.seq,
    ]);
    expect(log.find((event) => event.kind === 'memory_written')?.data).toMatchObject({ chatClock: first?.seq });
    expect(await readVersions(pool, { turnId: first?.turnId ?? '', owner })).toMatchObject([{ active: true }]);
    await expectFolded(pool, copy);
  });

  test('can be regenerated, rewound and forked like any chat', async () => {
    const { story, fork } = await begin();
    await story.sayAgain(await story.say('One', '1'), '1b');
    const { chat, copy } = await fork();
    const [said] = (await copy.log()).filter((event) => event.kind === 'user_turn');
    const again = await copy.sayAgain(said?.turnId ?? '', '1c');
    expect(await copy.spoken()).toEqual(['One', '1c']);
    expect((await readVersions(pool, { turnId: again, owner }))?.map((version) => version.beats[0]?.text)).toEqual([
      '1b',
      '1c',
    ]);
    await rewindChat(pool, { chatId: chat.id, owner, toSeq: chat.seq, interrupt: false });
    expect(await copy.spoken()).toEqual(['One', '1b']);
    await forkChat(pool, { chatId: chat.id, owner, atSeq: chat.seq });
    await expectFolded(pool, copy);
    expect(await story.spoken()).toEqual(['One', '1b']);
  });

  test('ends at the given seq, and leaves out hidden events', async () => {
    const { story, fork } = await begin();
    await story.say('One', '1');
    const point = (await story.log()).length;
    await story.say('Two', '2');
    await rewindChat(pool, { chatId: story.chatId, owner, toSeq: point, interrupt: false });
    await story.say('Three', '3');
    expect(await (await fork()).copy.spoken()).toEqual(['One', '1', 'Three', '3']);
    expect(await (await fork(point)).copy.spoken()).toEqual(['One', '1']);
    expect(await (await fork(3)).copy.spoken()).toEqual(['One']);
    expect((await (await fork(1)).copy.log()).map((event) => event.kind)).toEqual(['chat_created']);
    for (const atSeq of [0, 1_000]) await expect(fork(atSeq)).rejects.toMatchObject({ code: 'no_such_seq' });
  });

  test('has a turn that waits for an operator as an ended one', async () => {
    const { story, fork } = await begin();
    const { turn } = await claim(pool, story.chatId);
    await story.land(turn.id, 'ok');
    await story.getStuck(turn.id, 'scene_close');
    const [said] = (await (await fork()).copy.log()).filter((event) => event.kind === 'user_turn');
    expect((await readTurn(pool, { turnId: said?.turnId ?? '', owner }))?.status).toBe('completed');
    expect((await readTurn(pool, { turnId: turn.id, owner }))?.status).toBe('awaiting_operator');
  });

  test('is named after its source, and refused while a turn runs or to another owner', async () => {
    const { story, fork } = await begin();
    const title = 'x'.repeat(200);
    await pool.query('update chats set title = $2 where id = $1', [story.chatId, title]);
    const { chat, copy } = await fork();
    expect(chat.title).toBe(`${'x'.repeat(193)} (fork)`);
    expect((await copy.log())[0]?.data).toEqual({ kind: 'narrative', title: chat.title });
    expect(await readChat(pool, owner, chat.id)).toEqual(chat);
    await expect(forkChat(pool, { chatId: story.chatId, owner: 'someone', atSeq: 1 })).rejects.toMatchObject({
      code: 'chat_not_found',
    });
    await claim(pool, story.chatId);
    await expect(fork()).rejects.toMatchObject({ code: 'turn_in_progress' });
  });

  /** Runs `meanwhile` when a fork has copied everything and waits for the lock of the owner's limit. */
  async function forkDuring(story: Story, atSeq: number, meanwhile: () => Promise<unknown>) {
    const forked = await transaction(pool, async (tx) => {
      await tx.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`chats/${owner}`]);
      const fork = forkChat(pool, { chatId: story.chatId, owner, atSeq, maxChats: 1_000 });
      fork.catch(() => undefined); // it may be refused before it is awaited
      await until('the fork waits for the lock', async () => {
        const waiting = "datname = current_database() and wait_event_type = 'Lock' and wait_event = 'advisory'";
        const { rowCount } = await pool.query(`select from pg_stat_activity where ${waiting}`);
        return rowCount || null;
      });
      await meanwhile();
      return { fork };
    });
    return forked.fork;
  }

  test('lets a turn of its source begin and end while it is copied, and does not have that turn', async () => {
    const { story } = await begin();
    await story.say('One', '1', 4);
    const atSeq = (await story.log()).length;
    const chat = await forkDuring(story, atSeq, () => story.say('Two', '2', 2));
    const copy = tellStory(pool, { chatId: chat.id, hostId: chat.hostId ?? '' });
    expect(await story.spoken()).toEqual(['One', '1', 'Two', '2']);
    expect(await copy.spoken()).toEqual(['One', '1']);
    expect(chat.seq).toBe(atSeq);
    await expectFolded(pool, copy);
  });

  test('has the timeline of its source as it is after a rewind that came while it was copied', async () => {
    const { story } = await begin();
    await story.say('One', '1', 4);
    const point = (await story.log()).length;
    await story.say('Two', '2', 2);
    const atSeq = (await story.log()).length;
    const chat = await forkDuring(story, atSeq, () =>
      rewindChat(pool, { chatId: story.chatId, owner, toSeq: point, interrupt: false }),
    );
    const copy = tellStory(pool, { chatId: chat.id, hostId: chat.hostId ?? '' });
    expect(await copy.spoken()).toEqual(['One', '1']);
    await expectFolded(pool, copy);
  });

  test('is refused if its source is deleted while it is copied', async () => {
    const { story } = await begin();
    await story.say('One', '1');
    const atSeq = (await story.log()).length;
    const fork = forkDuring(story, atSeq, () => deleteChat(pool, owner, story.chatId));
    await expect(fork).rejects.toMatchObject({ code: 'chat_not_found' });
  });
});
