import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readAgentPrompt } from '../../../db/agents/readAgentPrompt.js';
import { newId } from '../../../db/core/ids.js';
import { createPool, type Pool } from '../../../db/core/pool.js';
import { readDocumentPrompt } from '../../../db/documents/readDocumentPrompt.js';
import { readPromptInput } from '../../../db/narrative/readPrompt.js';
import { readRelayRequest } from '../../../db/relay/readRelayRequest.js';
import { closeReply } from '../../../db/streaming/landReply.js';
import { finishTurn } from '../../../db/turns/finish.js';
import { markStop } from '../../../db/turns/stop.js';
import { toPublicError } from '../../../domain/log/failures.js';
import { claim, owner, seedChat } from '../../support/chats/chats.js';
import { tellStory } from '../../support/chats/timeline.js';
import { createTestDatabase, type TestDatabase } from '../../support/postgres/postgres.js';

let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool(database.url, { max: 10 });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

type Kind = 'narrative' | 'document' | 'agent' | 'relay';

/** A chat of a kind in which turns have ended in every way, and one that is about to be answered. */
async function chatOf(kind: Kind): Promise<string> {
  const { chatId, hostId } = await seedChat(pool);
  const documentId = newId('doc');
  await pool.query("insert into documents (id, owner, title, body) values ($1, $2, 'T', 'B')", [documentId, owner]);
  const settings = JSON.stringify({ persona: 'guide' });
  await pool.query('update chats set kind = $2, document_id = $3, settings = $4 where id = $1', [
    chatId,
    kind,
    kind === 'document' ? documentId : null,
    settings,
  ]);
  const story = tellStory(pool, { chatId, hostId });
  await story.sayAndStop('Stopped?', 'Half an ans');
  await story.sayAndStop('Stopped at once?', '');
  await fail('Failed?');
  await story.sayAgain(await story.say('Regenerated?', 'The old answer.'), 'The new answer.');
  await rollBack('Rolled back?');
  return (await claim(pool, chatId, { text: 'And now?' })).turn.id;

  /** A turn whose provider failed before it said anything. */
  async function fail(text: string): Promise<void> {
    const { turn } = await claim(pool, chatId, { text });
    const error = toPublicError('provider_error');
    await closeReply(pool, { turnId: turn.id, beat: 0 }, { model: 'm', error, speakerId: hostId });
    await finishTurn(pool, turn.id, { status: 'failed', error });
  }

  async function rollBack(text: string): Promise<void> {
    const { turn } = await claim(pool, chatId, { text });
    await story.land(turn.id, 'Taken back.');
    await markStop(pool, { turnId: turn.id, owner }, 'rollback');
    await finishTurn(pool, turn.id, { status: 'cancelled' });
  }
}

const expected = [
  ['user', 'Stopped?'],
  ['assistant', 'Half an ans'],
  ['user', 'Stopped at once?'],
  ['user', 'Failed?'],
  ['user', 'Regenerated?'],
  ['assistant', 'The new answer.'],
];

describe('the prompt after stopped and failed turns holds their text, and nothing outside the timeline', () => {
  test('in a narrative chat', async () => {
    const turnId = await chatOf('narrative');
    const input = await readPromptInput(pool, { turnId, beat: 0, speakerId: 'chr_1' });
    const lines = input?.dialogue.map(({ speakerId, text }) => [speakerId === 'you' ? 'user' : 'assistant', text]);
    expect(lines).toEqual(expected);
  });

  test('in a document chat, without the line that shows people the failure', async () => {
    const input = await readDocumentPrompt(pool, await chatOf('document'));
    expect(input?.history.map(({ role, text }) => [role, text])).toEqual(expected);
  });

  test('in an agent chat', async () => {
    const input = await readAgentPrompt(pool, await chatOf('agent'));
    expect(input?.history.map(({ role, text }) => [role, text])).toEqual(expected);
  });

  test('in the primer of a relay chat', async () => {
    const request = await readRelayRequest(pool, await chatOf('relay'));
    expect(request?.primer?.map(({ role, content }) => [role, content])).toEqual(expected);
  });
});
