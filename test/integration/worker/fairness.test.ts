import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { TurnView } from '../../../db/turns/turnView.js';
import { fairnessKey, TURN_WORKFLOW } from '../../../domain/turns/engine.js';
import { claim, seedChat } from '../../support/chats/chats.js';
import { whole } from '../../support/provider/scriptedReply.js';
import { startWorkerFleet, type WorkerFleet } from '../../support/service/workerFleet.js';
import { until } from '../../support/until.js';

/** One owner's replies and classifier calls at once on each of two workers. */
const PLACES = 4;

let fleet: WorkerFleet;
beforeAll(async () => {
  const sizes = { STREAM_CONCURRENCY: String(PLACES), CLASSIFIER_CONCURRENCY: String(PLACES) };
  fleet = await startWorkerFleet('fairness', { ...sizes, REPLY_SILENCE_MS: '600000' });
  await Promise.all([fleet.start(), fleet.start()]);
}, 240_000);
afterEach(() => fleet.provider.unscript());
afterAll(() => fleet?.close(), 60_000);

type Start = (turn: { turnId: string; chatId: string }) => Promise<unknown>;

/** Turns of so many chats of one owner, whose workflows are started as `start` says. */
async function begin(owner: string, chats: number, start?: Start): Promise<string[]> {
  const turnIds: string[] = [];
  for (let n = 0; n < chats; n++) {
    const { chatId } = await seedChat(fleet.pool, owner);
    const claimed = await claim(fleet.pool, chatId, { owner });
    if (!claimed.start) throw new Error('the chat is busy');
    await (start ? start(claimed.start) : fleet.engine.start(claimed.start, { deadlineMs: 5_000 }));
    turnIds.push(claimed.turn.id);
  }
  return turnIds;
}

const asked = (turnIds: string[], step: RegExp) =>
  fleet.provider.requests.filter(({ requestId = '', leftAt }) => {
    const [turnId = '', name = ''] = requestId.split('/');
    return leftAt === null && turnIds.includes(turnId) && step.test(name);
  });

const untilAsked = (turnIds: string[], step: RegExp, times: number) =>
  until(
    `${times} requests for ${step}`,
    async () => (asked(turnIds, step).length >= times ? asked(turnIds, step) : null),
    60_000,
  );

const reply = /^reply:0$/;

describe('an owner whose replies never end', () => {
  const without: Start = ({ turnId, chatId }) =>
    fleet.client.workflow.start(TURN_WORKFLOW, {
      workflowId: turnId,
      taskQueue: fleet.taskQueue,
      args: [{ turnId, chatId }],
    });

  test.each([
    ['by the fairness key of its workflows', undefined],
    ['where workflows have none, by Postgres', without],
  ])(
    'does not block the replies of other owners: %s',
    async (_, start) => {
      fleet.provider.script(() => ({ steps: [] }));
      const name = start ? 'without' : 'with';
      const ann = await begin(`ann-${name}`, 20, start);
      const hanging = await untilAsked(ann, reply, 2 * PLACES);
      const [ben = ''] = await begin(`ben-${name}`, 1, start);
      const [call] = await untilAsked([ben], reply, 1);
      expect(asked(ann, reply)).toHaveLength(2 * PLACES);

      await call?.send('Here I am.');
      await call?.finish();
      expect(await fleet.ended(ben, 60_000, `ben-${name}`)).toMatchObject({
        status: 'completed',
        beats: [{ text: 'Here I am.', attempt: 1 }],
      });

      fleet.provider.script(() => whole('At last.'));
      for (const each of hanging) await each.send('At last.').then(() => each.finish());
      for (const turnId of ann) expect(failureOf(await fleet.ended(turnId, 120_000, `ann-${name}`))).toBeNull();
    },
    240_000,
  );
});

test('an owner whose classifiers never answer does not block those of other owners', async () => {
  let isAnns = (_turnId: string) => true;
  fleet.provider.script(() => whole('Said.'));
  fleet.provider.classify(({ requestId = '' }) => (isAnns(requestId.split('/')[0] ?? '') ? { steps: [] } : undefined));
  const ann = await begin('ann-classifiers', 8);
  isAnns = (turnId) => ann.includes(turnId);
  const classifiers = /^(?!reply)/;
  await untilAsked(ann, classifiers, 2 * PLACES);
  const [ben = ''] = await begin('ben-classifiers', 1);
  expect(await fleet.ended(ben, 60_000, 'ben-classifiers')).toMatchObject({ status: 'completed', warnings: [] });
  expect(asked(ann, classifiers).length).toBeLessThanOrEqual(2 * PLACES);
}, 240_000);

test('a fairness key is valid in Temporal, and different for two long owner names', () => {
  expect(fairnessKey('ann')).toBe('ann');
  const long = [`${'x'.repeat(64)}a`, `${'x'.repeat(64)}b`, 'é'.repeat(60), ''].map(fairnessKey);
  expect(new Set(long).size).toBe(4);
  for (const key of long) expect(Buffer.byteLength(key)).toBeLessThanOrEqual(64);
});

/** Why a turn did not complete; null if it did. */
const failureOf = ({ status, error }: TurnView) => (status === 'completed' ? null : { status, error });
