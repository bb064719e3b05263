import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Pool } from '../../../db/core/pool.js';
import { closeReply, landReply } from '../../../db/streaming/landReply.js';
import { claimRegeneration } from '../../../db/timeline/versions/regenerate.js';
import { activateVersion, readVersions } from '../../../db/timeline/versions/versions.js';
import { readTurn } from '../../../db/turns/turnView.js';
import { claim, owner, seedChat } from '../../support/chats/chats.js';
import { expectFolded, tellStory } from '../../support/chats/timeline.js';
import { createTestDatabase, type TestDatabase } from '../../support/postgres/postgres.js';

let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = database.pool;
});
afterAll(() => database.drop());

const begin = async () => tellStory(pool, await seedChat(pool));
const choose = (turnId: string, versionId: string) => activateVersion(pool, { turnId, versionId, owner });
const versionsOf = async (turnId: string) => (await readVersions(pool, { turnId, owner })) ?? [];

describe('a regenerated reply', () => {
  test('appends nothing until it lands, and takes the floor', async () => {
    const story = await begin();
    const turnId = await story.say('Hello?', 'Old.');
    const before = await story.log();
    const { turn, start } = await claimRegeneration(pool, { turnId, owner, requestHash: 'h' });
    expect(await story.log()).toEqual(before);
    expect(start?.turnId).toBe(turn.id);
    expect(await readTurn(pool, { turnId: turn.id, owner })).toMatchObject({
      status: 'running',
      regenerates: turnId,
      userTurnSeq: 3,
    });
    await expect(story.regenerate(turnId)).rejects.toMatchObject({ code: 'turn_in_progress' });
  });

  test('supersedes the old one and its effects when it lands', async () => {
    const story = await begin();
    const turnId = await story.say('Hello?', 'Old.', 5);
    const again = await story.regenerate(turnId);
    expect(await story.spoken()).toEqual(['Hello?', 'Old.']);
    await story.land(again, 'New.');
    expect(await story.spoken()).toEqual(['Hello?', 'New.']);
    expect(await story.projections()).toMatchObject({
      edges: [],
      memories: [],
      chat_summaries: [{ message_count: 2 }],
    });
    const log = await story.log();
    const mark = log.find((event) => event.kind === 'turn_superseded');
    expect(mark).toMatchObject({ turnId: again, data: { turnId, by: again } });
    expect(log[mark!.seq]).toMatchObject({ kind: 'assistant_turn', turnId: again, data: { userTurnSeq: 3 } });
    const old = log.filter((event) => event.turnId === turnId && event.kind !== 'user_turn');
    expect(new Set(old.map((event) => event.supersededBy))).toEqual(new Set([mark?.seq]));
    await expectFolded(pool, story);
  });

  test('to an edited message answers that, which replaces the old one', async () => {
    const story = await begin();
    const turnId = await story.say('Hello?', 'Old.');
    const again = await story.sayAgain(turnId, 'New.', { text: 'Good evening.' });
    expect(await story.spoken()).toEqual(['Good evening.', 'New.']);
    const edit = (await story.log()).find((event) => event.kind === 'user_turn_edit');
    expect(edit).toMatchObject({ turnId: again, data: { userTurnSeq: 3, text: 'Good evening.' } });
    await expectFolded(pool, story);
    await story.sayAgain(again, 'Newer.');
    expect(await story.spoken()).toEqual(['Good evening.', 'Newer.']);
    await choose(again, turnId);
    expect(await story.spoken()).toEqual(['Hello?', 'Old.']);
    await expectFolded(pool, story);
  });

  test('that fails without text leaves the old one, and does not appear in the transcript', async () => {
    const story = await begin();
    const turnId = await story.say('Hello?', 'Old.');
    const before = await story.projections();
    const again = await story.regenerate(turnId, 'Good evening.');
    const error = { code: 'provider_unauthorized', message: '' };
    const key = { turnId: again, beat: 0 };
    const verdict = await closeReply(pool, key, { model: 'test', speakerId: 'chr_1', error });
    expect(verdict).toMatchObject({ landed: false, code: 'provider_unauthorized' });
    await story.finish(again, 'failed');
    expect(await story.spoken()).toEqual(['Hello?', 'Old.']);
    expect(await story.projections()).toEqual(before);
    expect(await versionsOf(turnId)).toMatchObject([{ turnId, active: true }]);
    await expect(choose(turnId, again)).rejects.toMatchObject({ code: 'version_not_landed' });
    await expectFolded(pool, story);
  });

  test('that is stopped keeps its text, or without text the old reply', async () => {
    const story = await begin();
    const turnId = await story.say('Hello?', 'Old.');
    const again = await story.regenerate(turnId);
    expect(await closeReply(pool, { turnId: again, beat: 0 }, { model: 'test' })).toMatchObject({ landed: false });
    await story.finish(again, 'cancelled');
    expect(await story.spoken()).toEqual(['Hello?', 'Old.']);
    await story.sayAgain(turnId, 'New.');
    expect(await story.spoken()).toEqual(['Hello?', 'New.']);
  });

  test('that is rolled back restores the old one', async () => {
    const story = await begin();
    const turnId = await story.say('Hello?', 'Old.');
    const before = (await story.projections()).edges;
    const again = await story.regenerate(turnId);
    await story.land(again, 'New.');
    await claim(pool, story.chatId, { text: 'No!', whenBusy: 'rollback' });
    await story.finish(again);
    expect(await story.spoken()).toEqual(['Hello?', 'Old.', 'No!']);
    expect((await story.projections()).edges).toEqual(before);
    await expectFolded(pool, story);
  });

  test('lands once, although its landing is repeated', async () => {
    const story = await begin();
    const again = await story.regenerate(await story.say('Hello?', 'Old.'));
    await story.land(again, 'New.');
    await landReply(pool, { turnId: again, beat: 0 }, 1, { text: 'New.', truncated: false, model: 'test' });
    expect((await story.log()).filter((event) => event.kind === 'turn_superseded')).toHaveLength(1);
  });

  test('must be the last one of the chat, in any of its versions', async () => {
    const story = await begin();
    const first = await story.say('One', '1');
    const last = await story.say('Two', '2');
    await expect(story.regenerate(first)).rejects.toMatchObject({ code: 'not_last_turn' });
    await story.sayAgain(last, '2b');
    await story.sayAgain(last, '2c');
    expect(await story.spoken()).toEqual(['One', '1', 'Two', '2c']);
    await expect(story.regenerate('turn_none')).rejects.toMatchObject({ code: 'turn_not_found' });
  });

  test('that is requested twice under one key makes one turn', async () => {
    const story = await begin();
    const turnId = await story.say('Hello?', 'Old.');
    const ask = () => claimRegeneration(pool, { turnId, owner, idempotencyKey: 'k', requestHash: 'h' });
    const [first, again] = [await ask(), await ask()];
    expect(again).toMatchObject({ turn: { id: first.turn.id }, created: false, start: null });
    const other = claimRegeneration(pool, { turnId, owner, idempotencyKey: 'k', requestHash: 'other' });
    await expect(other).rejects.toMatchObject({ code: 'idempotency_mismatch' });
  });

  test('skips the stuck steps of the reply that it replaces', async () => {
    const story = await begin();
    const { turn } = await claim(pool, story.chatId);
    await story.land(turn.id, 'Old.');
    await story.getStuck(turn.id, 'scene_close');
    await story.sayAgain(turn.id, 'New.');
    const old = await readTurn(pool, { turnId: turn.id, owner });
    expect(old).toMatchObject({ status: 'completed', warnings: ['superseded'] });
    expect((await story.timeline()).filter((event) => event.turnId === turn.id).map((event) => event.kind)).toEqual([
      'user_turn',
    ]);
    await expectFolded(pool, story);
  });
});

describe('the versions of a reply', () => {
  test('are listed oldest first for any of them, with the active one marked', async () => {
    const story = await begin();
    const first = await story.say('Hello?', 'One.');
    const second = await story.sayAgain(first, 'Two.');
    const third = await story.sayAgain(second, 'Three.');
    const shown = (await versionsOf(second)).map(({ turnId, active, beats }) => [turnId, active, beats[0]?.text]);
    expect(shown).toEqual([
      [first, false, 'One.'],
      [second, false, 'Two.'],
      [third, true, 'Three.'],
    ]);
    expect(await versionsOf(first)).toEqual(await versionsOf(third));
    expect(await readVersions(pool, { turnId: first, owner: 'someone' })).toBeNull();
  });

  test('are restored with their effects, any number of times', async () => {
    const story = await begin();
    const first = await story.say('Hello?', 'One.', 3);
    const ofFirst = await story.projections();
    const second = await story.sayAgain(first, 'Two.', { delta: 9 });
    const ofSecond = await story.projections();
    for (let i = 0; i < 2; i++) {
      await choose(second, first);
      expect(await story.projections()).toEqual(ofFirst);
      await choose(first, second);
      expect(await story.projections()).toEqual(ofSecond);
    }
    await expectFolded(pool, story);
  });

  test('may be activated below later turns, and activating the active one changes nothing', async () => {
    const story = await begin();
    const first = await story.say('One', '1');
    const second = await story.sayAgain(first, '1b');
    await story.say('Two', '2');
    await choose(first, first);
    expect(await story.spoken()).toEqual(['One', '1', 'Two', '2']);
    const log = await story.log();
    await choose(second, first);
    expect(await story.log()).toEqual(log);
    await expectFolded(pool, story);
  });

  test('cannot be activated while a turn runs or waits, nor for another reply', async () => {
    const story = await begin();
    const first = await story.say('One', '1');
    await story.sayAgain(first, '1b');
    const other = await story.say('Two', '2');
    await expect(choose(first, other)).rejects.toMatchObject({ code: 'version_not_found' });
    await expect(choose('turn_none', first)).rejects.toMatchObject({ code: 'turn_not_found' });
    await claim(pool, story.chatId);
    await expect(choose(first, first)).rejects.toMatchObject({ code: 'turn_in_progress' });
  });
});
