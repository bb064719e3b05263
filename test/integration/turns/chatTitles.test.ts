import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { changeChat, readChat } from '../../../db/chats/chats.js';
import { giveTitle, needsTitle } from '../../../db/chats/titles.js';
import type { Pool } from '../../../db/core/pool.js';
import { readTurnContext } from '../../../db/narrative/turnContext.js';
import { readEvents } from '../../../db/timeline/log.js';
import { finishTurn } from '../../../db/turns/finish.js';
import { openTurn } from '../../../db/turns/openTurn.js';
import { claim, owner, seedChat } from '../../support/chats/chats.js';
import { createTestDatabase, type TestDatabase } from '../../support/postgres/postgres.js';

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await createTestDatabase();
  ({ pool } = database);
}, 60_000);
afterAll(() => database?.drop());

const titled = (title: string) => ({ kind: 'chat_titled' as const, data: { title } });
const give = (chatId: string, title: string) => giveTitle(pool, chatId, titled(title));
const rename = (chatId: string, title: string | null, titleIsProvisional = false) =>
  changeChat(pool, owner, chatId, { title, titleIsProvisional });
const titleOf = async (chatId: string) => (await readChat(pool, owner, chatId))?.title;
const titledEvents = async (chatId: string) =>
  (await readEvents(pool, chatId, { after: 0, limit: 100 })).filter(({ kind }) => kind === 'chat_titled');
const open = async (turnId: string, titlesChats = true) => {
  const opened = await openTurn(pool, turnId, { runId: 'run', namespaceId: null, titlesChats });
  return opened.ended ? null : (opened.namesChat ?? false);
};

describe('the title that a model made of the first exchange', () => {
  test('is stored with its event, which belongs to no turn, and only once', async () => {
    const { chatId } = await seedChat(pool);
    await give(chatId, 'The river');
    await give(chatId, 'Another river');
    expect(await titleOf(chatId)).toBe('The river');
    expect(await titledEvents(chatId)).toMatchObject([{ turnId: null, data: { title: 'The river' } }]);
  });

  test('does not replace a title that a person gave meanwhile', async () => {
    const { chatId } = await seedChat(pool);
    await rename(chatId, 'Mine');
    await give(chatId, 'The river');
    expect(await titleOf(chatId)).toBe('Mine');
    expect(await titledEvents(chatId)).toEqual([]);
  });

  test('replaces a provisional title, which itself replaces neither a title of a person nor one that a model made', async () => {
    const { chatId } = await seedChat(pool);
    await rename(chatId, 'Where does the', true);
    await give(chatId, 'The river');
    expect((await rename(chatId, 'Where does the', true))?.title).toBe('The river');
    await rename(chatId, 'Mine');
    expect((await rename(chatId, 'Where does the', true))?.title).toBe('Mine');
  });

  test('is not given to a chat that was deleted', async () => {
    await expect(give('chat_gone', 'The river')).resolves.toBeUndefined();
  });
});

describe('a turn', () => {
  test('names its chat if the chat has no title and no reply, and only where the setting is on', async () => {
    const { chatId } = await seedChat(pool);
    const { turn } = await claim(pool, chatId);
    expect(await open(turn.id, false)).toBe(false);
    expect(await open(turn.id)).toBe(true);
    expect(await needsTitle(pool, turn.id)).toBe(true);
    await rename(chatId, 'Provisional', true);
    expect(await open(turn.id)).toBe(true);
    await rename(chatId, 'Mine');
    expect(await open(turn.id)).toBe(false);
    expect(await needsTitle(pool, turn.id)).toBe(false);
  });

  test('after one that has ended well does not name the chat, also where a person removed its title', async () => {
    const { chatId } = await seedChat(pool);
    const { turn } = await claim(pool, chatId);
    await finishTurn(pool, turn.id, { status: 'completed', warnings: [], error: undefined });
    const { turn: second } = await claim(pool, chatId);
    expect(await open(second.id)).toBe(false);
  });

  test('after one that failed names the chat', async () => {
    const { chatId } = await seedChat(pool);
    const { turn } = await claim(pool, chatId);
    await finishTurn(pool, turn.id, { status: 'failed', warnings: [], error: undefined });
    const { turn: second } = await claim(pool, chatId);
    expect(await open(second.id)).toBe(true);
  });

  test('of a chat without characters has a context in which the assistant is the host', async () => {
    const { chatId } = await seedChat(pool);
    await pool.query("update chats set kind = 'agent', host_id = null where id = $1", [chatId]);
    const { turn } = await claim(pool, chatId);
    expect(await readTurnContext(pool, turn.id)).toMatchObject({
      host: { id: 'assistant', name: 'assistant' },
      prose: 'Where does the river go?',
    });
  });
});
