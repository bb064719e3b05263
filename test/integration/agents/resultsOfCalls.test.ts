import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { planCalls } from '../../../activities/agents/planCalls.js';
import { landIteration } from '../../../db/agents/iterations.js';
import { readPastIterations } from '../../../db/agents/readAgentPrompt.js';
import { endCall } from '../../../db/agents/toolCalls.js';
import { createChat } from '../../../db/chats/newChat.js';
import { closeReply } from '../../../db/streaming/landReply.js';
import { acquireReplyLease } from '../../../db/streaming/leases.js';
import { claim, owner } from '../../support/chats/chats.js';
import { createTestDatabase, type TestDatabase } from '../../support/postgres/postgres.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
}, 60_000);
afterAll(() => database?.drop());

test('the results of the calls of a turn are stored up to 8 MiB in total, short ones always, and its reply can be closed', async () => {
  const { pool } = database;
  const chat = await createChat(pool, owner, { kind: 'agent', title: null, documentId: null, settings: {} });
  const { turn } = await claim(pool, chat.id);
  const key = { turnId: turn.id, beat: 0 };
  const opened = await acquireReplyLease(pool, key, { speakerId: 'assistant' });
  if (opened.state !== 'held') throw new Error(`the draft is ${opened.state}`);
  const asked = Array.from({ length: 80 }, (_, n) => ({ id: `c${n}`, name: 'look', arguments: '{}' }));
  const taken = { own: new Set<string>(), models: new Set<string>() };
  const calls = planCalls(asked, { offered: [], taken, iteration: 0 });
  const said = { text: '', thinking: '', model: 'm', reason: 'tool_calls', usage: null, stretches: [] };
  await landIteration(pool, key, opened.fence, { iteration: 0, ...said, calls });

  // 128 KiB each, and written in JSON many times as much
  const content = '\u0001é'.repeat(43_690);
  for (const { plan } of calls)
    await endCall(pool, { turnId: turn.id, callId: plan.callId }, { success: true, content });
  const [iteration] = await readPastIterations(pool, { turnId: turn.id, taskCallId: '' });
  const results = iteration?.calls.map(({ result }) => result) ?? [];
  expect(results.filter((result) => result === content)).toHaveLength(64);
  const refused = results.filter((result) => result !== content);
  expect(new Set(refused.map((result) => result.split(':')[0]))).toEqual(new Set(['tool_results_too_large']));
  expect(await closeReply(pool, key, { model: 'm', truncated: false })).toMatchObject({ landed: true });
}, 120_000);
