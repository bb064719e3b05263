import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { AskedCall } from '../../../db/agents/iterationRows.js';
import { landIteration } from '../../../db/agents/iterations.js';
import { readPastIterations } from '../../../db/agents/readAgentPrompt.js';
import { landSubIteration } from '../../../db/agents/subagents.js';
import { deleteChat, purgeDeletedChats } from '../../../db/chats/deleteChat.js';
import { createChat } from '../../../db/chats/newChat.js';
import { acquireReplyLease } from '../../../db/streaming/leases.js';
import type { ReceivedReasoning, ServerFields } from '../../../domain/agents/chatMessage.js';
import { claim, owner } from '../../support/chats/chats.js';
import { createTestDatabase, type TestDatabase } from '../../support/postgres/postgres.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
}, 60_000);
afterAll(() => database?.drop());

async function newTurn() {
  const { pool } = database;
  const chat = await createChat(pool, owner, { kind: 'agent', title: null, documentId: null, settings: {} });
  const { turn } = await claim(pool, chat.id);
  const key = { turnId: turn.id, beat: 0 };
  const opened = await acquireReplyLease(pool, key, { speakerId: 'assistant' });
  if (opened.state !== 'held') throw new Error(`the draft is ${opened.state}`);
  return { chatId: chat.id, key, fence: opened.fence };
}

const call = (callId: string, serverFields: ServerFields): AskedCall => ({
  plan: { callId, tool: 'look', timeoutMs: 5, idempotent: true, needsApproval: false, delegates: false },
  modelCallId: `model_${callId}`,
  name: 'look',
  arguments: '{}',
  serverFields,
});
const said = { text: 'So.', thinking: 'Hm.', model: 'm', reason: 'tool_calls', usage: null, origin: 'first/m' };
const reasoning: ReceivedReasoning = {
  field: 'reasoning_content',
  blocks: [{ api: 'chat', block: { data: '\0 \ud800 "é"', nested: { list: [1, null] } } }],
};
const serverFields = { extra_content: { signature: '\0\ud800' } };

test('what a server attached to an iteration is read back unchanged, for an agent and for its sub-agent', async () => {
  const { pool } = database;
  const { key, fence, chatId } = await newTurn();
  const { turnId } = key;
  const calls = [call('call_0_0', serverFields)];
  await landIteration(pool, key, fence, { ...said, iteration: 0, stretches: [], calls, reasoning });
  const task = { task: 'Count.', instructions: '' };
  const subCalls = [call('call_0_0_0_0', serverFields)];
  const ofTask = { turnId, callId: 'call_0_0' };
  await landSubIteration(pool, ofTask, task, { ...said, iteration: 0, attempt: 1, calls: subCalls, reasoning });
  for (const [taskCallId, ownId] of [
    ['', 'call_0_0'],
    ['call_0_0', 'call_0_0_0_0'],
  ] as const) {
    expect(await readPastIterations(pool, { turnId, taskCallId })).toEqual([
      {
        text: 'So.',
        origin: 'first/m',
        reasoning: { text: 'Hm.', blocks: reasoning.blocks },
        calls: [{ id: `model_${ownId}`, ownId, name: 'look', arguments: '{}', result: '', serverFields }],
      },
    ]);
  }

  await deleteChat(pool, owner, chatId);
  await purgeDeletedChats(pool, AbortSignal.timeout(30_000));
  const left =
    'select turn_id from agent_iterations where turn_id = $1 union all select turn_id from tool_calls where turn_id = $1';
  expect((await pool.query(left, [turnId])).rows).toEqual([]);
});

test('what servers attach to the replies of a turn is stored up to 16 MiB in total', async () => {
  const { pool } = database;
  const { key, fence } = await newTurn();
  const large = { data: 'x'.repeat(900_000) };
  const block = { api: 'chat' as const, block: large };
  for (let iteration = 0; iteration < 6; iteration++) {
    const calls = [call(`call_${iteration}_0`, large)];
    const attached = { field: null, blocks: [block, block, block] };
    await landIteration(pool, key, fence, { ...said, iteration, stretches: [], calls, reasoning: attached });
  }
  const past = await readPastIterations(pool, { turnId: key.turnId, taskCallId: '' });
  expect(past.map(({ reasoning: kept }) => kept?.blocks.length ?? 0)).toEqual([3, 3, 3, 3, 0, 0]);
  expect(past.map(({ calls: [first] }) => Boolean(first?.serverFields))).toEqual([
    true,
    true,
    true,
    true,
    false,
    false,
  ]);
}, 60_000);
