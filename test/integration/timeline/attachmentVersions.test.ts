import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readAgentPrompt } from '../../../db/agents/readAgentPrompt.js';
import { createAttachment } from '../../../db/attachments/attachments.js';
import { deleteChat, purgeDeletedChats } from '../../../db/chats/deleteChat.js';
import type { Pool } from '../../../db/core/pool.js';
import { forkChat } from '../../../db/timeline/fork.js';
import { readHistoryBefore } from '../../../db/timeline/promptHistory.js';
import { claimRegeneration } from '../../../db/timeline/versions/regenerate.js';
import { claim, owner, seedChat } from '../../support/chats/chats.js';
import { readTranscript, tellStory } from '../../support/chats/timeline.js';
import { createTestDatabase, type TestDatabase } from '../../support/postgres/postgres.js';

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await createTestDatabase();
  pool = database.pool;
});
afterAll(() => database.drop());

const store = (text: string) => {
  const bytes = Buffer.from(text);
  const sha256 = createHash('sha256').update(bytes).digest();
  return createAttachment(pool, owner, { mediaType: 'text/plain', name: 'notes.txt', bytes, sha256 });
};

const shownIn = async (chatId: string) =>
  (await readTranscript(pool, chatId))
    .filter(({ role }) => role === 'user')
    .map(({ content, attachments }) => ({ content, attachments }));

test('a regeneration, an edit of the prose and a fork keep the attachments of the message', async () => {
  const seeded = await seedChat(pool);
  const story = tellStory(pool, seeded);
  const { chatId } = seeded;
  const file = await store('The tide is high.');
  const { turn } = await claim(pool, chatId, { text: 'Read this.', attachments: [file.id] });
  await story.land(turn.id, 'I have.');
  await story.finish(turn.id);

  const again = await story.sayAgain(turn.id, 'Again.');
  expect(await shownIn(chatId)).toEqual([{ content: 'Read this.', attachments: [file] }]);
  const edited = await claimRegeneration(pool, { turnId: again, owner, text: 'Read this now.', requestHash: 'e' });
  expect((await readAgentPrompt(pool, edited.turn.id))?.attachments).toEqual([{ ...file, text: 'The tide is high.' }]);
  await story.land(edited.turn.id, 'Now.');
  await story.finish(edited.turn.id);
  expect(await shownIn(chatId)).toEqual([{ content: 'Read this now.', attachments: [file] }]);
  const history = await readHistoryBefore(pool, { chatId, userTurnSeq: 1_000 }, 10);
  expect(history[0]).toMatchObject({ text: 'Read this now.', attachments: [file] });

  const fork = await forkChat(pool, { chatId, owner, atSeq: (await story.log()).length });
  expect(await shownIn(fork.id)).toEqual([{ content: 'Read this now.', attachments: [file] }]);
  const never = new AbortController().signal;
  await deleteChat(pool, owner, chatId);
  await purgeDeletedChats(pool, never);
  expect((await pool.query('select from attachments where id = $1', [file.id])).rowCount).toBe(1);
  await deleteChat(pool, owner, fork.id);
  await purgeDeletedChats(pool, never);
  expect((await pool.query('select from attachments')).rowCount).toBe(0);
  expect((await pool.query('select from attachment_contents')).rowCount).toBe(0);
});
