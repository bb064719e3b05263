import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Pool } from '../../../db/core/pool.js';
import { forkChat } from '../../../db/timeline/fork.js';
import { readHistoryBefore } from '../../../db/timeline/promptHistory.js';
import { rewindChat, undoRewind } from '../../../db/timeline/rewind.js';
import { searchTexts, wordsOf } from '../../../db/timeline/searchTexts.js';
import { editReply } from '../../../db/timeline/versions/editReply.js';
import { activateVersion, readVersions } from '../../../db/timeline/versions/versions.js';
import { readTurn } from '../../../db/turns/turnView.js';
import { foldTimeline } from '../../../domain/timeline/timeline.js';
import { claim, owner, seedChat } from '../../support/chats/chats.js';
import { expectSameWhenImported } from '../../support/chats/importedCopy.js';
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
const edit = async (turnId: string, text: string, beat = 0) =>
  (await editReply(pool, { turnId, owner, beat, text })).turnId;
const choose = (turnId: string, versionId: string) => activateVersion(pool, { turnId, versionId, owner });
const lengthOf = async (story: Story) => (await story.log()).length;

describe('a reply that is edited by hand', () => {
  test('is a version in the timeline with the effects of the one that it edits', async () => {
    const story = await begin();
    const turnId = await story.say('Hello?', 'Old.', 5);
    const { edges, memories } = await story.projections();
    const edited = await edit(turnId, 'By hand.');
    expect(await story.spoken()).toEqual(['Hello?', 'By hand.']);
    expect(await story.projections()).toMatchObject({ edges, memories, chat_summaries: [{ message_count: 2 }] });
    const log = await story.log();
    expect(log.slice(-3)).toMatchObject([
      { kind: 'turn_superseded', turnId: edited, data: { turnId, by: edited } },
      { kind: 'assistant_turn', turnId: edited, data: { text: 'By hand.', truncated: false, beat: 0 } },
      { kind: 'assistant_turn_edited', turnId: edited, data: { beat: 0, text: 'By hand.' } },
    ]);
    expect(await readVersions(pool, { turnId, owner })).toMatchObject([
      { id: turnId, active: false, beats: [{ text: 'Old.' }] },
      { id: edited, active: true, beats: [{ text: 'By hand.' }] },
    ]);
    expect(await readTurn(pool, { turnId: edited, owner })).toMatchObject({
      status: 'completed',
      regenerates: turnId,
      beats: [{ beat: 0, text: 'By hand.' }],
    });
    await expectFolded(pool, story);
    await expectSameWhenImported(pool, story.chatId);
  });

  test('can be replaced by the old version and chosen again, and edited or regenerated further', async () => {
    const story = await begin();
    const turnId = await story.say('Hello?', 'Old.', 5);
    const edited = await edit(turnId, 'By hand.');
    await choose(edited, turnId);
    expect(await story.spoken()).toEqual(['Hello?', 'Old.']);
    await choose(turnId, edited);
    const twice = await edit(edited, 'Once more.');
    expect(await story.spoken()).toEqual(['Hello?', 'Once more.']);
    const again = await story.sayAgain(twice, 'New.', { delta: 9 });
    expect(await story.spoken()).toEqual(['Hello?', 'New.']);
    expect((await story.projections()).edges?.find((edge) => edge.target_id === 'you')?.affinity).toBe(59);
    await choose(again, twice);
    expect((await story.projections()).edges?.find((edge) => edge.target_id === 'you')?.affinity).toBe(55);
    await expectFolded(pool, story);
    await expectSameWhenImported(pool, story.chatId);
  });

  test('is remembered, searched and sent to the model with its new text', async () => {
    const story = await begin();
    const turnId = await story.say('Hello?', 'Aardvark.');
    const memory = {
      memoryId: 'mem_1',
      witnessId: story.hostId,
      sceneId: null,
      witnesses: [story.hostId],
      chatClock: 3,
    };
    const written = { kind: 'memory_written' as const, data: { ...memory, text: 'Robin: Hello?\nMira: Aardvark.' } };
    await pool.query("update events set step = 'other' where chat_id = $1 and step = 'memory:0'", [story.chatId]);
    await story.append(turnId, 'memory:0', written);
    const memoryText = async () => (await story.projections()).memories?.find(({ id }) => id === 'mem_1')?.text;
    const edited = await edit(turnId, 'Zebra.');
    expect(await memoryText()).toBe('Robin: Hello?\nMira: Zebra.');
    const found = async (word: string) =>
      (await searchTexts(pool, owner, wordsOf(word), { after: null, limit: 10 })).map(({ kind }) => kind);
    expect(await found('zebra')).toEqual(['assistant_turn']);
    expect(await found('aardvark')).toEqual([]);
    const history = await readHistoryBefore(pool, { chatId: story.chatId, userTurnSeq: 1_000 }, 10);
    expect(history.map(({ text }) => text)).toEqual(['Hello?', 'Zebra.']);
    await choose(edited, turnId);
    expect(await memoryText()).toBe('Robin: Hello?\nMira: Aardvark.');
    await expectFolded(pool, story);
  });

  test('shows what the edited version did and cost as its own', async () => {
    const story = await begin();
    const turnId = await story.say('Hello?', 'Old.');
    const edited = await edit(turnId, 'By hand.');
    const [exchange] = foldTimeline(await story.timeline()).exchanges.values();
    expect(exchange?.beats).toMatchObject([{ turnId: edited, text: 'By hand.', isEdited: true }]);
    expect(exchange?.ends.get(edited)).toMatchObject({ status: 'completed' });
  });

  test('may be an earlier reply, and a fork before the later ones has its text', async () => {
    const story = await begin();
    const turnId = await story.say('Hello?', 'Old.', 5);
    const atSeq = await lengthOf(story);
    await story.say('And then?', 'Later.', 6);
    await edit(turnId, 'By hand.');
    expect(await story.spoken()).toEqual(['Hello?', 'By hand.', 'And then?', 'Later.']);
    const fork = await forkChat(pool, { chatId: story.chatId, owner, atSeq });
    const copy = tellStory(pool, { chatId: fork.id, hostId: fork.hostId ?? '' });
    expect(await copy.spoken()).toEqual(['Hello?', 'By hand.']);
    await expectFolded(pool, copy);
    await copy.say('And on?', 'It goes.');
    expect(await copy.spoken()).toEqual(['Hello?', 'By hand.', 'And on?', 'It goes.']);
  });

  test('has its old text again after a rewind to before the edit, and the new one when that is undone', async () => {
    const story = await begin();
    const turnId = await story.say('Hello?', 'Old.', 5);
    const toSeq = await lengthOf(story);
    await edit(turnId, 'By hand.');
    await rewindChat(pool, { chatId: story.chatId, owner, toSeq, interrupt: false });
    expect(await story.spoken()).toEqual(['Hello?', 'Old.']);
    await expectFolded(pool, story);
    await undoRewind(pool, { chatId: story.chatId, owner });
    expect(await story.spoken()).toEqual(['Hello?', 'By hand.']);
    await expectFolded(pool, story);
  });

  test('is refused while a turn runs, and without change when the text is the same', async () => {
    const story = await begin();
    const turnId = await story.say('Hello?', 'Old.');
    const before = await story.log();
    expect(await edit(turnId, 'Old.')).toBe(turnId);
    expect(await story.log()).toEqual(before);
    await expect(edit(turnId, 'By hand.', 1)).rejects.toMatchObject({ code: 'beat_not_found' });
    await claim(pool, story.chatId, { text: 'Next.' });
    await expect(edit(turnId, 'By hand.')).rejects.toMatchObject({ code: 'turn_in_progress' });
  });

  test('ends the stuck steps of the version that it edits', async () => {
    const story = await begin();
    const { turn } = await claim(pool, story.chatId, { text: 'Hello?' });
    await story.land(turn.id, 'Old.');
    await story.getStuck(turn.id, 'scene_close');
    const { ended } = await editReply(pool, { turnId: turn.id, owner, beat: 0, text: 'By hand.' });
    expect(ended).toBe(turn.id);
    expect(await story.spoken()).toEqual(['Hello?', 'By hand.']);
    await expectFolded(pool, story);
  });
});
