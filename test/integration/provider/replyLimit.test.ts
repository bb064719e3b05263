import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { createChat } from '../../../db/chats/newChat.js';
import { owner, seedChat } from '../../support/chats/chats.js';
import { asking, tool } from '../../support/provider/agentReply.js';
import { paced, whole } from '../../support/provider/scriptedReply.js';
import { startWorkerFleet, type WorkerFleet } from '../../support/service/workerFleet.js';

let fleet: WorkerFleet;
beforeAll(async () => {
  fleet = await startWorkerFleet('limit', { REPLY_LIMIT_MS: '1500' });
  await fleet.start();
}, 240_000);
afterEach(() => {
  fleet.provider.unscript();
  fleet.provider.requests.length = 0;
});
afterAll(() => fleet?.close(), 60_000);

/** It would take a minute, and is never silent for long. */
const drips = paced(Array<string>(600).fill('drip '), { everyMs: 100 });

/** The requests for replies: a classifier may be asked before them. */
const asked = () => fleet.provider.requests.filter(({ requestId }) => requestId?.includes('/reply:'));

const agentChat = (enabledTools: string[]) =>
  createChat(fleet.pool, owner, { kind: 'agent', title: null, documentId: null, settings: { enabledTools } });

describe('a reply that streams slowly without end', () => {
  test('ends at the time limit with the text so far, after one request', async () => {
    const { chatId } = await seedChat(fleet.pool);
    fleet.provider.script(drips);
    const turn = await fleet.ended(await fleet.begin(chatId), 60_000);
    expect(turn).toMatchObject({ status: 'completed', error: { code: 'reply_timeout' } });
    expect(turn.beats).toMatchObject([{ truncated: true, epoch: 1, attempt: 1 }]);
    expect(turn.beats[0]?.text).toMatch(/^(drip )+$/);
    expect(asked()).toHaveLength(1);
    expect(await asked()[0]?.left()).toBeGreaterThan(0);
  }, 90_000);

  test('ends the turn of an agent at the time limit too', async () => {
    const chat = await agentChat([]);
    fleet.provider.script(drips);
    const turn = await fleet.ended(await fleet.begin(chat.id), 60_000);
    expect(turn).toMatchObject({ status: 'completed', error: { code: 'reply_timeout' }, beats: [{ truncated: true }] });
    expect(asked()).toHaveLength(1);
  }, 90_000);

  test('of thinking alone fails at the time limit', async () => {
    const chat = await agentChat([]);
    fleet.provider.script({
      steps: Array.from({ length: 600 }, () => [{ thinking: 'hm ' }, { waitMs: 100 }]).flat(),
    });
    const turn = await fleet.ended(await fleet.begin(chat.id), 60_000);
    expect(turn).toMatchObject({ status: 'failed', error: { code: 'reply_timeout' } });
    expect(asked()).toHaveLength(1);
  }, 90_000);

  test('of a sub-agent becomes a failed result of its call, and the agent continues', async () => {
    const chat = await agentChat(['delegate']);
    fleet.provider.script(asking([tool('d', 'delegate', { task: 'Count.', instructions: '' })]), drips, whole('Done.'));
    const turn = await fleet.ended(await fleet.begin(chat.id), 60_000);
    expect(turn).toMatchObject({ status: 'completed', beats: [{ text: 'Done.', truncated: false }] });
    const { rows } = await fleet.pool.query('select success, result from tool_calls where turn_id = $1', [turn.id]);
    expect(rows).toMatchObject([{ success: false, result: expect.stringContaining('reply_timeout') }]);
    expect(fleet.provider.requests).toHaveLength(3);
  }, 90_000);
});
