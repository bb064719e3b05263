import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { followUpSteps, type NarrativeWorld, startNarrativeWorld } from '../../support/chats/narrativeWorld.js';
import { asking, tool } from '../../support/provider/agentReply.js';
import { someUsage, whole } from '../../support/provider/scriptedReply.js';
import { type Exposition, scrape } from '../../support/telemetry/exposition.js';
import { metricsOf, readAlerts, readDashboard } from '../../support/telemetry/promql.js';
import { until } from '../../support/until.js';

const marker = 'Amaranthine';

let world: NarrativeWorld;
beforeAll(async () => {
  world = await startNarrativeWorld({ REPLY_ATTEMPTS: '2', CLASSIFIER_CONCURRENCY: '4' });
}, 180_000);
afterAll(() => world?.dispose(), 60_000);
afterEach(() => world.provider.unscript());

const client = () => world.service().client;
const newChat = async () => (await world.newChat({ guest: null })).chat;

type Numbers = { api: Exposition; worker: Exposition; text: string };

async function read(): Promise<Numbers> {
  const { api, workerMetrics } = await world.service().run();
  const [ofApi, ofWorker] = await Promise.all([scrape(`${api}/metrics`), scrape(workerMetrics)]);
  return { api: ofApi, worker: ofWorker, text: ofApi.text + ofWorker.text };
}

/** All of the service together: each turn is counted by one process, whichever that is. */
const total = ({ api, worker }: Numbers, name: string, labels: Record<string, string> = {}) =>
  api.sum(name, labels) + worker.sum(name, labels);
const ended = (numbers: Numbers) => total(numbers, 'durable_turns_turns_finished_total');

/** The numbers once they suit: a worker counts a moment after Postgres has it. */
const readOnce = (what: string, suits: (numbers: Numbers) => boolean) =>
  until(what, async () => {
    const numbers = await read();
    return suits(numbers) ? numbers : null;
  });

/** How much numbers have grown, between two looks at them. */
const growth = (before: Numbers, after: Numbers) => (name: string, labels?: Record<string, string>) =>
  total(after, name, labels) - total(before, name, labels);

/** A turn whose reply has begun and goes on as the test says. */
async function begin(chatId: string) {
  world.provider.script(() => ({ steps: [] }));
  const turn = await client().postTurn(chatId, marker);
  const call = await world.nextReply(turn.id);
  const viewer = world.watch(chatId);
  await call.send('Half ');
  await viewer.untilText(turn.id, 5);
  return { turn, call, viewer };
}

describe('the metrics', () => {
  test('count each turn once as completed, cancelled or failed', async () => {
    const before = await read();
    world.provider.script(whole('A ', 'reply.'));
    await world.play((await newChat()).id, marker);
    const stopped = await begin((await newChat()).id);
    // What it got first may have been read for it: from now on it is live.
    await stopped.call.send('more');
    await stopped.viewer.untilText(stopped.turn.id, 9);
    await client().cancelTurn(stopped.turn.id);
    await world.ended(stopped.turn.id);
    world.provider.script({ status: 401 });
    await world.play((await newChat()).id, marker);

    const grew = growth(before, await readOnce('three ends', (numbers) => ended(numbers) === ended(before) + 3));
    for (const outcome of ['completed', 'cancelled', 'failed']) {
      expect([outcome, grew('durable_turns_turns_finished_total', { kind: 'narrative', outcome })]).toEqual([
        outcome,
        1,
      ]);
      expect([outcome, grew('durable_turns_turn_duration_seconds_count', { outcome })]).toEqual([outcome, 1]);
    }
    expect(grew('durable_turns_turns_accepted_total', { repeat: 'no' })).toBe(3);
    expect(grew('durable_turns_reply_attempts_total')).toBe(3);
    expect(grew('durable_turns_reply_attempts_total', { kind: 'narrative', outcome: 'landed', code: 'none' })).toBe(1);
    expect(grew('durable_turns_reply_attempts_total', { outcome: 'stopped', code: 'none' })).toBe(1);
    expect(grew('durable_turns_reply_attempts_total', { outcome: 'failed', code: 'provider_unauthorized' })).toBe(1);
    expect(grew('durable_turns_reply_attempts_begun_total', { how: 'first' })).toBe(3);
    for (const since of ['accepted', 'started'])
      expect(grew('durable_turns_turn_first_token_seconds_count', { kind: 'narrative', since })).toBe(2);
    expect(grew('durable_turns_model_call_first_token_seconds_count', { call: 'reply' })).toBe(2);
    expect(grew('durable_turns_model_call_duration_seconds_count', { call: 'reply' })).toBe(3);
    expect(grew('durable_turns_reply_deltas_total')).toBe(4);
    expect(grew('durable_turns_model_tokens_total', { call: 'reply', direction: 'completion' })).toBe(7);
    expect(grew('durable_turns_gateway_token_latency_seconds_count')).toBeGreaterThan(0);
    expect(grew('durable_turns_reply_takeovers_total')).toBe(0);
    stopped.viewer.close();
  }, 60_000);

  test('count both attempts at a reply that failed once', async () => {
    const before = await read();
    world.provider.script({ status: 500 }, whole('At last.'));
    await world.play((await newChat()).id, marker);
    const grew = growth(before, await readOnce('the end', (numbers) => ended(numbers) === ended(before) + 1));
    expect(grew('durable_turns_reply_attempts_total', { outcome: 'failed', code: 'provider_error' })).toBe(1);
    expect(grew('durable_turns_reply_attempts_total', { outcome: 'landed' })).toBe(1);
    expect([
      grew('durable_turns_reply_attempts_begun_total', { how: 'first' }),
      grew('durable_turns_reply_attempts_begun_total', { how: 'again' }),
    ]).toEqual([1, 1]);
  }, 60_000);

  test("count each call of an agent's model, one turn, and no lost attempt", async () => {
    const before = await read();
    const wish = { kind: 'agent', enabledTools: ['calculate'] };
    const { body: chat } = await client().send<{ id: string }>('POST', '/v1/chats', wish);
    const calls = [tool('call_1', 'calculate', { expression: '1 + 1' })];
    world.provider.script(asking(calls, [{ text: 'Let me see. ' }]), whole('Two.'));
    expect((await world.play(chat.id, marker)).turn.status).toBe('completed');
    const grew = growth(before, await readOnce('the end', (numbers) => ended(numbers) === ended(before) + 1));
    expect(grew('durable_turns_turns_finished_total', { kind: 'agent', outcome: 'completed' })).toBe(1);
    expect([
      grew('durable_turns_reply_attempts_begun_total'),
      grew('durable_turns_reply_attempts_begun_total', { kind: 'agent', how: 'first' }),
    ]).toEqual([2, 2]);
    expect(grew('durable_turns_reply_attempts_total', { kind: 'agent', outcome: 'landed' })).toBe(2);
    expect(grew('durable_turns_turn_first_token_seconds_count', { kind: 'agent', since: 'accepted' })).toBe(1);
    expect(grew('durable_turns_model_call_duration_seconds_count', { call: 'iteration' })).toBe(2);
    expect(grew('durable_turns_reply_takeovers_total')).toBe(0);
  }, 60_000);

  test('show a stuck step until it is skipped', async () => {
    const before = await read();
    world.provider.classify(({ name }) => (name === 'significance' ? { status: 500 } : undefined));
    const turn = await client().postTurn((await newChat()).id, marker);
    await world.awaitingOperator(turn.id);
    const stuck = await readOnce(
      'a stuck step',
      ({ api }) => api.value('durable_turns_turn_steps_stuck', { step: 'significance' }) === 1,
    );
    const grew = growth(before, stuck);
    expect(grew('durable_turns_turn_steps_stuck_total', { step: 'significance', code: 'provider_error' })).toBe(1);
    expect(grew('durable_turns_classifier_attempts_total', { classifier: 'significance', outcome: 'failed' })).toBe(3);
    expect(grew('durable_turns_classifier_attempts_total', { outcome: 'failed' })).toBe(3);
    expect(stuck.api.sum('durable_turns_turn_steps_stuck')).toBe(1);
    expect(stuck.api.value('durable_turns_turn_steps_stuck_oldest_seconds', { step: 'significance' })).toBeGreaterThan(
      0,
    );
    expect(stuck.api.value('durable_turns_turns', { kind: 'narrative', status: 'awaiting_operator' })).toBe(1);
    expect(grew('durable_turns_turns_finished_total')).toBe(0);

    await client().send('POST', `/v1/turns/${turn.id}/steps/significance%3A0/skip`);
    await world.ended(turn.id);
    const after = await readOnce(
      'none stuck',
      ({ api }) => api.sum('durable_turns_turn_steps_stuck') + api.sum('durable_turns_turns') === 0,
    );
    expect(growth(before, after)('durable_turns_turns_finished_total', { outcome: 'completed' })).toBe(1);
  }, 60_000);

  test('show the number of queued turns, and one streaming reply', async () => {
    const before = await read();
    const chat = await newChat();
    const { call, viewer } = await begin(chat.id);
    const waiting = [await client().postTurn(chat.id, marker), await client().postTurn(chat.id, marker)];
    const queued = await readOnce(
      'two that wait',
      ({ api }) => api.sum('durable_turns_turns', { status: 'queued' }) === 2,
    );
    expect(queued.api.sum('durable_turns_turns', { status: 'running' })).toBe(1);
    expect([
      queued.api.value('durable_turns_chat_queues'),
      queued.api.value('durable_turns_chat_queue_longest'),
    ]).toEqual([1, 2]);
    expect(
      queued.api.value('durable_turns_turns_oldest_seconds', { kind: 'narrative', status: 'queued' }),
    ).toBeGreaterThan(0);
    expect([
      queued.worker.value('durable_turns_reply_streams'),
      queued.worker.value('durable_turns_reply_streams_max'),
    ]).toEqual([1, 200]);
    expect(queued.api.value('durable_turns_gateway_viewers')).toBeGreaterThan(0);
    world.provider.unscript();
    await call.finish();
    for (const { id } of waiting) await world.ended(id);
    const after = await readOnce(
      'none open',
      ({ api, worker }) => api.sum('durable_turns_turns') + worker.sum('durable_turns_reply_streams') === 0,
    );
    expect(growth(before, after)('durable_turns_turns_finished_total', { outcome: 'completed' })).toBe(3);
    expect([after.api.value('durable_turns_chat_queues'), after.api.value('durable_turns_chat_queue_longest')]).toEqual(
      [0, 0],
    );
    viewer.close();
  }, 60_000);

  test('show the number of running classifier calls, and of waiting tasks', async () => {
    world.provider.classify(({ name }) => (name === 'turn_parse' ? { silent: true } : undefined));
    const turns = [];
    for (let n = 0; n < 6; n++) turns.push(await client().postTurn((await newChat()).id, marker));
    const busy = await readOnce(
      'a backlog',
      ({ api, worker }) =>
        worker.value('durable_turns_classifier_calls') === 4 &&
        (api.value('durable_turns_task_queue_backlog', { queue: 'classifiers' }) ?? 0) > 0,
    );
    expect(busy.worker.value('durable_turns_classifier_calls_max')).toBe(4);
    expect(
      busy.api.value('durable_turns_task_queue_backlog_oldest_seconds', { queue: 'classifiers' }),
    ).toBeGreaterThanOrEqual(0);
    for (const call of world.provider.requests) call.push({ reset: true }).catch(() => undefined);
    world.provider.unscript();
    for (const { id } of turns) expect((await world.ended(id)).turn.status).toBe('completed');
  }, 90_000);

  test('exist under every name that the dashboard and the alert rules use', async () => {
    const { api, worker } = await read();
    const there = new Set([...api.families.values(), ...worker.families.values()].flatMap(namesOf));
    const queries = readDashboard().panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
    const asked = [...queries, ...readAlerts()].flatMap(metricsOf);
    expect([...new Set(asked)].filter((name) => !there.has(name))).toEqual([]);
  }, 60_000);

  test('all begin with durable_turns_, those of Node and of Temporal’s runtime too', async () => {
    const { api, worker } = await read();
    const names = [api, worker].flatMap(({ families, samples }) => [
      ...families.keys(),
      ...samples.map(({ name }) => name),
    ]);
    expect(names.filter((name) => !name.startsWith('durable_turns_'))).toEqual([]);
    expect([...worker.families.keys()]).toContainEqual(expect.stringMatching(/^durable_turns_temporal_/));
  }, 60_000);

  test('all have a row in docs/observability.md', async () => {
    const { api, worker } = await read();
    const explained = new Set(readFileSync('docs/observability.md', 'utf8').match(/(?<=`)[a-z_]+(?=`)/g));
    const ours = [...api.families.keys(), ...worker.families.keys()].filter(
      (name) => !/^durable_turns_(temporal|nodejs|process)_/.test(name),
    );
    expect(ours.filter((name) => !explained.has(name))).toEqual([]);
  }, 60_000);

  test('show that another worker took over after one was killed during a reply', async () => {
    const { turn, viewer } = await begin((await newChat()).id);
    const killed = await world.service().kill('worker', 'SIGKILL');
    world.provider.unscript();
    await world.service().waitForRestart('worker', killed);
    await world.ended(turn.id);
    // It counts from nothing again, and at the same address.
    const after = await readOnce('the end', ({ worker }) => worker.sum('durable_turns_turns_finished_total') === 1);
    expect(after.worker.value('durable_turns_reply_takeovers_total', { kind: 'narrative' })).toBe(1);
    expect(
      after.worker.value('durable_turns_reply_attempts_begun_total', { kind: 'narrative', how: 'restarted' }),
    ).toBe(1);
    expect(after.worker.sum('durable_turns_reply_attempts_begun_total')).toBe(1);
    expect(after.worker.sum('durable_turns_reply_attempts_total', { outcome: 'landed' })).toBe(1);
    expect(after.worker.sum('durable_turns_reply_attempts_total')).toBe(1);
    // The turn's first token was another worker's.
    expect(after.worker.sum('durable_turns_turn_first_token_seconds_count')).toBe(0);
    viewer.close();
  }, 90_000);

  test('hold no id, no name and no prose', async () => {
    const { text, api, worker } = await read();
    expect(text).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-7|chr_|Mira|Half|Amaranthine|gpt-4|sk-scripted/);
    const ours = [...api.samples, ...worker.samples].filter(
      ({ name }) => !/^durable_turns_(temporal|nodejs|process|http)_/.test(name),
    );
    expect(ours.length).toBeGreaterThan(100);
    expect(ours.length).toBeLessThan(600);
  }, 60_000);
});

describe('the log of the service', () => {
  test('has a line for each end of a turn, and one for each attempt that failed', async () => {
    world.provider.script({ status: 500 }, whole('At last.'));
    const chat = await newChat();
    const { turn } = await world.play(chat.id, marker);
    const [failed] = await world.logLines(
      'worker',
      ({ msg, turnId }) => msg === 'an attempt at a reply failed' && turnId === turn.id,
    );
    expect(failed).toMatchObject({
      level: 40,
      chatId: chat.id,
      kind: 'narrative',
      step: 'reply:0',
      attempt: 1,
      code: 'provider_error',
    });
    const ends = await world.logLines('worker', ({ msg, turnId }) => msg === 'a turn ended' && turnId === turn.id);
    expect(ends).toEqual([
      expect.objectContaining({
        level: 30,
        chatId: chat.id,
        kind: 'narrative',
        outcome: 'completed',
        code: null,
        attempts: 2,
        // The reply's, those of its five classifiers, and of those that follow it.
        tokens: (6 + followUpSteps().length) * someUsage.completion_tokens,
        durationMs: expect.any(Number),
        firstTokenMs: expect.any(Number),
      }),
    ]);
  }, 60_000);

  test('has a lost worker and a stuck step, and the console shows only warnings and errors', async () => {
    const lost = await world.logLines('worker', ({ msg }) => /was lost with its worker/.test(String(msg)));
    expect(lost).toMatchObject([{ level: 40, kind: 'narrative', step: 'reply:0', attempt: 2, how: 'restarted' }]);
    const stuck = await world.logLines('worker', ({ msg }) => /a step is stuck/.test(String(msg)));
    expect(stuck).toMatchObject([{ level: 40, step: 'significance:0', code: 'provider_error' }]);
    const output = world.service().output();
    expect(output).toContain('a step is stuck');
    expect(output).not.toContain('a turn ended');
  }, 60_000);
});

/** A histogram is asked for by its parts. */
function namesOf({ name, type }: { name: string; type: string }): string[] {
  return type === 'histogram' ? ['_bucket', '_sum', '_count'].map((part) => name + part) : [name];
}
