import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Pool } from '../../../db/core/pool.js';
import { previewRewind, rewindChat, undoRewind } from '../../../db/timeline/rewind.js';
import { activateVersion, readVersions } from '../../../db/timeline/versions/versions.js';
import { readTurn } from '../../../db/turns/turnView.js';
import { claim, owner, seedChat } from '../../support/chats/chats.js';
import { expectFolded, type Story, tellStory } from '../../support/chats/timeline.js';
import { createTestDatabase, type TestDatabase } from '../../support/postgres/postgres.js';

let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = database.pool;
});
afterAll(() => database.drop());

const begin = async () => tellStory(pool, await seedChat(pool));
const rewind = ({ chatId }: Story, toSeq: number, interrupt = false) =>
  rewindChat(pool, { chatId, owner, toSeq, interrupt });
const undo = ({ chatId }: Story) => undoRewind(pool, { chatId, owner });
const newest = async (story: Story) => (await story.log()).length;

describe('a rewind', () => {
  test('has a preview by kind, hides exactly that, and restores the projections of that point', async () => {
    const story = await begin();
    await story.say('One', '1', 4);
    const [then, point] = [await story.projections(), await newest(story)];
    await story.say('Two', '2', 6);
    const preview = await previewRewind(pool, story.chatId, point);
    expect(preview).toEqual({
      totalEvents: 8,
      byKind: {
        assistant_turn: 1,
        assistant_turn_started: 1,
        edge_update: 2,
        memory_scored: 1,
        memory_written: 1,
        turn_completed: 1,
        user_turn: 1,
      },
    });
    expect(await rewind(story, point)).toEqual({ state: 'rewound', seq: point + 9, hidden: 8, ended: [] });
    expect(await story.projections()).toEqual(then);
    expect(await story.spoken()).toEqual(['One', '1']);
    expect((await story.log()).slice(point, -1).every((event) => event.hiddenBy === point + 9)).toBe(true);
    await expectFolded(pool, story);
  });

  test('can be undone once, which restores everything', async () => {
    const story = await begin();
    await story.say('One', '1');
    await story.sayAgain(await story.say('Two', '2'), '2b');
    const [log, projections] = [await story.log(), await story.projections()];
    const { hidden } = (await rewind(story, 2)) as { hidden: number };
    expect(await undo(story)).toEqual({ seq: log.length + 2, restored: hidden });
    expect((await story.log()).slice(0, log.length)).toEqual(log);
    expect(await story.projections()).toEqual(projections);
    await expect(undo(story)).rejects.toMatchObject({ code: 'rewind_not_last' });
    await expectFolded(pool, story);
  });

  test('cannot be undone once an event followed', async () => {
    const story = await begin();
    await expect(undo(story)).rejects.toMatchObject({ code: 'rewind_not_last' });
    await story.say('One', '1');
    await rewind(story, 2);
    await story.say('Two', '2');
    await expect(undo(story)).rejects.toMatchObject({ code: 'rewind_not_last' });
    expect(await story.spoken()).toEqual(['Two', '2']);
    await expectFolded(pool, story);
  });

  test('can be undone after an edit of the last message, once the old version is active again', async () => {
    const story = await begin();
    const one = await story.say('One', '1');
    const point = await newest(story);
    await story.say('Two', '2');
    const [projections, spoken] = [await story.projections(), await story.spoken()];
    await rewind(story, point);
    const edited = await story.sayAgain(one, '1b', { text: 'One!' });
    const again = await story.sayAgain(edited, '1c', { text: 'One?' });
    expect(await story.spoken()).toEqual(['One?', '1c']);
    await expect(undo(story)).rejects.toMatchObject({ code: 'rewind_not_last' });
    await activateVersion(pool, { turnId: again, versionId: one, owner });
    await undo(story);
    expect(await story.spoken()).toEqual(spoken);
    expect(await story.projections()).toEqual(projections);
    await expectFolded(pool, story);
  });

  test('beyond a regeneration restores the old version, and removes the new one from the versions until it is undone', async () => {
    const story = await begin();
    const turnId = await story.say('One', '1', 2);
    const [then, point] = [await story.projections(), await newest(story)];
    const again = await story.sayAgain(turnId, '1b', { text: 'One!' });
    await rewind(story, point);
    expect(await story.spoken()).toEqual(['One', '1']);
    expect(await story.projections()).toEqual(then);
    expect((await readVersions(pool, { turnId, owner }))?.map((version) => version.turnId)).toEqual([turnId]);
    const choosing = activateVersion(pool, { turnId, versionId: again, owner });
    await expect(choosing).rejects.toMatchObject({ code: 'version_not_found' });
    await undo(story);
    expect(await story.spoken()).toEqual(['One!', '1b']);
  });

  test('makes an earlier reply the last one, so that it can be regenerated', async () => {
    const story = await begin();
    const first = await story.say('One', '1');
    const point = await newest(story);
    const second = await story.say('Two', '2');
    await rewind(story, point);
    await expect(story.regenerate(second)).rejects.toMatchObject({ code: 'not_last_turn' });
    await story.sayAgain(first, '1b');
    expect(await story.spoken()).toEqual(['One', '1b']);
    await expectFolded(pool, story);
  });

  test('accepts only a seq of the log, and never hides the first event', async () => {
    const story = await begin();
    for (const toSeq of [0, 3]) await expect(rewind(story, toSeq)).rejects.toMatchObject({ code: 'no_such_seq' });
    await rewind(story, 1);
    expect((await story.timeline()).map((event) => event.kind)).toEqual(['chat_created', 'chat_rewound']);
  });

  test('is refused while a turn runs, unless it interrupts that turn and the queue, and then completes when the turn has ended', async () => {
    const story = await begin();
    const { turn } = await claim(pool, story.chatId);
    const queued = await claim(pool, story.chatId);
    await expect(rewind(story, 2)).rejects.toMatchObject({ code: 'turn_in_progress' });
    await expect(undo(story)).rejects.toMatchObject({ code: 'turn_in_progress' });
    expect(await rewind(story, 2, true)).toEqual({ state: 'interrupted', turnId: turn.id });
    expect((await readTurn(pool, { turnId: queued.turn.id, owner }))?.status).toBe('cancelled');
    const { rows } = await pool.query('select stop from turns where id = $1', [turn.id]);
    expect(rows).toEqual([{ stop: 'interrupt' }]);
    expect((await story.finish(turn.id, 'cancelled')).next).toBeNull();
    expect(await rewind(story, 2, true)).toMatchObject({ state: 'rewound' });
    expect(await story.spoken()).toEqual([]);
  });

  test('ends the turns that wait for an operator beyond its point, and no others', async () => {
    const story = await begin();
    const stuck = async (text: string) => {
      const { turn } = await claim(pool, story.chatId, { text });
      await story.land(turn.id, 'ok');
      await story.getStuck(turn.id, 'scene_close');
      return turn.id;
    };
    const kept = await stuck('One');
    const point = await newest(story);
    const leaving = await stuck('Two');
    expect(await rewind(story, point)).toMatchObject({ ended: [leaving] });
    expect((await readTurn(pool, { turnId: kept, owner }))?.status).toBe('awaiting_operator');
    expect(await readTurn(pool, { turnId: leaving, owner })).toMatchObject({
      status: 'completed',
      warnings: ['rewound'],
    });
    const { rows } = await pool.query('select status from turn_steps where turn_id = $1', [leaving]);
    expect(rows).toEqual([{ status: 'skipped' }]);
    const last = (await story.log()).at(-1);
    expect((await story.log()).filter((event) => event.turnId === leaving).map((event) => event.hiddenBy)).toEqual(
      Array.from({ length: 6 }, () => last?.seq),
    );
    await expectFolded(pool, story);
  });

  test('of a rewind, and its undo, affect only the events in their range', async () => {
    const story = await begin();
    await story.say('One', '1');
    const point = await newest(story);
    await story.say('Two', '2');
    await rewind(story, 2);
    await undo(story);
    await rewind(story, point);
    expect(await story.spoken()).toEqual(['One', '1']);
    await undo(story);
    expect(await story.spoken()).toEqual(['One', '1', 'Two', '2']);
    await expectFolded(pool, story);
  });
});
