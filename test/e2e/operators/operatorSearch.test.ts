import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type AgentWorld, named, startAgentWorld } from '../../support/chats/agentWorld.js';
import { count, stepOf } from '../../support/chats/narrativeWorld.js';
import { asking, tool } from '../../support/provider/agentReply.js';
import { whole } from '../../support/provider/scriptedReply.js';
import { fetchHistory, withTemporal } from '../../support/temporal/engine.js';
import { until } from '../../support/until.js';

let world: AgentWorld;
beforeAll(async () => {
  world = await startAgentWorld({ REPLY_ATTEMPTS: '2' });
  await until(
    'the tools of the MCP servers',
    async () => ((await world.list('/v1/tools')).some(({ name }) => name === named('echo', 'careful')) ? true : null),
    120_000,
  );
}, 240_000);
afterAll(() => world?.dispose(), 60_000);
afterEach(() => world.provider.unscript());

const client = () => world.service().client;
const isOf = (step: string, requestId?: string) => stepOf(requestId) === step;
const post = async (chatId: string, how = {}) => (await client().postTurn(chatId, 'Is anybody there?', how)).id;
const retry = (turnId: string, step: string) =>
  client().send('POST', `/v1/turns/${turnId}/steps/${encodeURIComponent(step)}/retry`);
const listedBy = (query: string) => withTemporal(world.service(), (temporal) => temporal.workflow.count(query));

type Found = { phase: unknown; stuck: readonly unknown[] | undefined };

function found(turnId: string): Promise<Found> {
  return withTemporal(world.service(), async (temporal) => {
    const { searchAttributes } = await temporal.workflow.getHandle(turnId).describe();
    return { phase: searchAttributes.TurnPhase?.[0], stuck: searchAttributes.StuckSteps };
  });
}

const untilFound = (turnId: string, wanted: Found) =>
  until(`${turnId} is found as ${JSON.stringify(wanted)}`, async () => {
    const now = await found(turnId);
    return now.phase === wanted.phase && String(now.stuck) === String(wanted.stuck) ? true : null;
  });

describe('the search attributes of a turn', () => {
  test('follow its state: a stuck step while others run, then waiting for an operator, then done', async () => {
    const { chat } = await world.newChat();
    world.provider.script(({ requestId }) => (isOf('reply:1', requestId) ? { steps: [] } : whole('One.')));
    world.provider.classify(({ name, requestId }) => {
      if (name === 'interjection') return { json: { shouldInterject: true, reason: '' } };
      return isOf('significance:0', requestId) ? { status: 500 } : undefined;
    });
    const turnId = await post(chat.id);
    expect((await found(turnId)).phase).toMatch(/replying|following_up/);
    await untilFound(turnId, { phase: 'following_up', stuck: ['significance:0'] });

    const second = await world.provider.nextRequest((call) => isOf('reply:1', call.requestId), 20_000);
    await second.send('Two.');
    await second.finish();
    await untilFound(turnId, { phase: 'awaiting_operator', stuck: ['significance:0'] });
    await until('the list has it', async () =>
      (await listedBy(`StuckSteps = "significance:0" and ChatId = "${chat.id}"`)).count === 1 ? true : null,
    );

    world.provider.unscript();
    expect((await retry(turnId, 'significance:0')).status).toBe(202);
    expect((await world.ended(turnId)).turn.status).toBe('completed');
    await untilFound(turnId, { phase: 'done', stuck: undefined });
    await until('the list has it no more', async () =>
      (await listedBy(`StuckSteps is not null and ChatId = "${chat.id}"`)).count === 0 ? true : null,
    );
  }, 90_000);

  test('show a parked reply as stuck until it is retried', async () => {
    const { chat } = await world.newChat({ guest: null });
    world.provider.script(() => ({ status: 500 }));
    const turnId = await post(chat.id, { whenFailed: 'park' });
    await world.awaitingOperator(turnId);
    await untilFound(turnId, { phase: 'awaiting_operator', stuck: ['reply:0'] });
    world.provider.script(() => ({ steps: [] }));
    expect((await retry(turnId, 'reply:0')).status).toBe(202);
    await untilFound(turnId, { phase: 'replying', stuck: undefined });
    world.provider.unscript();
    await client().cancelTurn(turnId);
    await world.ended(turnId);
    await untilFound(turnId, { phase: 'done', stuck: undefined });
  }, 90_000);

  test('show no waiting for an operator once the turn has left the timeline', async () => {
    const { chat, path } = await world.newChat({ guest: null });
    world.provider.classify(({ requestId }) => (isOf('significance:0', requestId) ? { status: 500 } : undefined));
    const turnId = await post(chat.id);
    await world.awaitingOperator(turnId);
    await client().send('POST', `${path}/rewind`, { toSeq: 1 });
    await untilFound(turnId, { phase: 'done', stuck: undefined });
  }, 90_000);

  test('show a call that waits for approval, and find a sub-agent by its chat', async () => {
    const { chat } = await world.newAgent();
    const calls = [
      tool('careful', named('echo', 'careful'), { word: 'x' }),
      tool('task', 'delegate', { task: 'Count' }),
    ];
    world.provider.script(asking(calls), whole('Nine.'), whole('Done.'));
    const turnId = await post(chat.id);
    await world.awaitingOperator(turnId);
    await untilFound(turnId, { phase: 'awaiting_operator', stuck: undefined });
    await until('the turn and its sub-agent', async () =>
      (await listedBy(`ChatId = "${chat.id}" and Owner = "local"`)).count === 2 ? true : null,
    );
    await client().send('POST', `/v1/turns/${turnId}/approvals/call_0_0`, { approved: true });
    await world.ended(turnId);
    await untilFound(turnId, { phase: 'done', stuck: undefined });
  }, 90_000);
});

test('an operator who cancels a turn in Temporal that waits for approval ends it, and the call is not made', async () => {
  const { chat } = await world.newAgent();
  world.provider.script(asking([tool('careful', named('echo', 'careful'), { word: 'cancelled' })]), whole('Done.'));
  const turnId = await post(chat.id);
  await world.awaitingOperator(turnId);
  await withTemporal(world.service(), (temporal) => temporal.workflow.getHandle(turnId).cancel());
  expect((await world.ended(turnId)).turn.status).toBe('cancelled');
  expect(await world.made()).not.toContain('echo cancelled');
  await untilFound(turnId, { phase: 'done', stuck: undefined });
}, 60_000);

test('a signal with invalid arguments neither changes nor breaks a turn', async () => {
  const { chat } = await world.newChat({ guest: null });
  world.provider.classify(({ requestId }) => (isOf('significance:0', requestId) ? { status: 500 } : undefined));
  const turnId = await post(chat.id);
  await world.awaitingOperator(turnId);
  const nonsense = [null, 5, 'significance:0', [], {}, { step: null }, { callId: 5, approved: 'yes' }];
  await withTemporal(world.service(), async (temporal) => {
    const turn = temporal.workflow.getHandle(turnId);
    for (const name of ['retryStep', 'skipStep', 'approve']) {
      await turn.signal(name);
      for (const sent of nonsense) await turn.signal(name, sent);
    }
    expect(await turn.query('turnStatus')).toMatchObject({ status: 'awaiting_operator' });
  });
  const history = await fetchHistory(world.service(), turnId);
  expect(history.events?.filter((event) => event.workflowTaskFailedEventAttributes)).toEqual([]);
  world.provider.unscript();
  await retry(turnId, 'significance:0');
  const { turn, events } = await world.ended(turnId);
  expect([turn.status, count(events, 'memory_scored')]).toEqual(['completed', 1]);
}, 90_000);
