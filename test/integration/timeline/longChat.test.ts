import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createPool, type Pool } from '../../../db/core/pool.js';
import { readPromptInput } from '../../../db/narrative/readPrompt.js';
import { readTurnContext } from '../../../db/narrative/turnContext.js';
import { forkChat } from '../../../db/timeline/fork.js';
import { readMessages } from '../../../db/timeline/messages.js';
import { rewindChat, undoRewind } from '../../../db/timeline/rewind.js';
import { activateVersion, readVersions } from '../../../db/timeline/versions/versions.js';
import { openTurn } from '../../../db/turns/openTurn.js';
import { readTurn } from '../../../db/turns/turnView.js';
import { owner, seedChat } from '../../support/chats/chats.js';
import { addTurns, EVENTS_OF_TURN } from '../../support/chats/longNarrative.js';
import { expectFolded, type Story, tellStory } from '../../support/chats/timeline.js';
import { createExplainedPool, type Explained, type Planning } from '../../support/postgres/explainedPool.js';
import { createTestDatabase, type TestDatabase } from '../../support/postgres/postgres.js';

const TURNS = 10_000;
const SHORT_CHATS = 100;

let database: TestDatabase;
let chat: { chatId: string; hostId: string };

beforeAll(async () => {
  database = await createTestDatabase();
  // Beside many short ones, as in use: Postgres takes each chat for one of them where it does not look closer.
  const short = await seedChat(database.pool);
  await addTurns(database.url, short.chatId, 3);
  for (let n = 0; n < SHORT_CHATS; n++)
    await forkChat(database.pool, { chatId: short.chatId, owner, atSeq: 3 * EVENTS_OF_TURN });
  chat = await seedChat(database.pool);
  await addTurns(database.url, chat.chatId, TURNS);
}, 600_000);
afterAll(() => database.drop());

/** The tables that grow with a chat. */
const grows = new Set(['events', 'turns', 'drafts', 'memories', 'turn_steps', 'model_calls', 'scenes', 'story_events']);
/** Up to so many rows a statement may read more than ten times what it returns: a page of messages has 32 turns. */
const FLOOR = 300;

const compiledOf = (explained: Explained[]) => explained.flatMap((each) => (each.isCompiled ? [each.statement] : []));

const failuresOf = (explained: Explained[]) =>
  explained.flatMap(({ statement, returned, read, plan }) =>
    [...read].flatMap(([table, { rows, whole }]) =>
      grows.has(table) && rows > FLOOR && (whole || rows > 10 * returned)
        ? [{ table, rows, returned, whole, statement, plan: JSON.stringify(plan) }]
        : [],
    ),
  );

const lastPage = async (pool: Pool) => {
  const messages = [];
  for await (const batch of readMessages(pool, chat.chatId, { after: null, limit: 20, order: 'desc' }))
    messages.push(...batch);
  return messages.slice(0, 20);
};

async function readAll(pool: Pool, turnId: string): Promise<void> {
  await openTurn(pool, turnId, { runId: 'run', namespaceId: null, titlesChats: true });
  await readPromptInput(pool, { turnId, beat: 0, speakerId: chat.hostId });
  await readTurnContext(pool, turnId);
  await readTurn(pool, { turnId, owner });
  await readVersions(pool, { turnId, owner });
  expect(await lastPage(pool)).toHaveLength(20);
}

const newest = async (pool: Pool): Promise<number> =>
  (await pool.query('select seq from chats where id = $1', [chat.chatId])).rows[0].seq;

/** Everything that is done at the end of a chat. */
async function act(pool: Pool, story: Story): Promise<void> {
  const turnId = await story.say('Where does the river go?', 'To the sea.', 5);
  await readAll(pool, turnId);
  const again = await story.sayAgain(turnId, 'To the lake.', { text: 'Where does it go?' });
  await readAll(pool, again);
  await activateVersion(pool, { turnId, versionId: turnId, owner });
  await rewindChat(pool, { chatId: chat.chatId, owner, toSeq: (await newest(pool)) - 30, interrupt: false });
  await undoRewind(pool, { chatId: chat.chatId, owner });
}

const plannings: Planning[] = ['forValues', 'kept'];

async function expectSmallReads(planning: Planning): Promise<void> {
  const { pool, taken } = createExplainedPool(database.url, planning);
  try {
    await act(pool, tellStory(pool, chat));
    const explained = taken();
    expect(failuresOf(explained)).toEqual([]);
    expect(compiledOf(explained)).toEqual([]);
  } finally {
    await pool.end();
  }
}

describe('a chat of 10,000 turns', () => {
  test.each(plannings)(
    'has no statement of a turn, a regeneration, a version change, a rewind or its undo that reads more than it needs, with plans %s',
    async (planning) => {
      await expectSmallReads(planning);
    },
    300_000,
  );

  test.each(plannings)(
    'has no such statement after half of it was rewound either, with plans %s',
    async (planning) => {
      const middle = (TURNS / 2) * EVENTS_OF_TURN;
      await rewindChat(database.pool, { chatId: chat.chatId, owner, toSeq: middle + 2, interrupt: false });
      await expectSmallReads(planning);
    },
    300_000,
  );

  test('is forked by plans made for the values of each part', async () => {
    // A plan for all values takes a list for ten elements, and compared each of two lists of thousands with each.
    const pool = createPool(database.url, { max: 1, statementTimeoutMs: 60_000 });
    try {
      await forkChat(pool, { chatId: chat.chatId, owner, atSeq: await newest(pool) });
      const { rows } = await pool.query<{ custom: number; generic: number }>(
        `select custom_plans as custom, generic_plans as generic from pg_prepared_statements
         where statement ~ '^insert into (events|event_texts|turns|memories) '`,
      );
      expect(rows.length).toBeGreaterThanOrEqual(4);
      expect(rows.filter(({ generic }) => generic > 0)).toEqual([]);
    } finally {
      await pool.end();
    }
  }, 300_000);

  test('has projections that equal a rebuild after its marks changed near its end and far back', async () => {
    await expectFolded(database.pool, tellStory(database.pool, chat));
  }, 300_000);
});
