import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { completion } from '../../../scripts/provider/chunks.js';
import { expectProjectionsToFold } from '../../support/chats/agreement.js';
import {
  count,
  followUpSteps,
  type NarrativeWorld,
  type Scene,
  startNarrativeWorld,
  stepOf,
} from '../../support/chats/narrativeWorld.js';
import { type Reply, someUsage, whole } from '../../support/provider/scriptedReply.js';
import { withTemporal } from '../../support/temporal/engine.js';

const silenceMs = 2_000;

let world: NarrativeWorld;
beforeAll(async () => {
  world = await startNarrativeWorld({ REPLY_ATTEMPTS: '2', REPLY_SILENCE_MS: String(silenceMs) });
}, 180_000);
afterAll(() => world?.dispose(), 60_000);
afterEach(() => world.provider.unscript());

const client = () => world.service().client;
const command = (turnId: string, step: string, what: 'retry' | 'skip') =>
  client().send<{ code?: string }>('POST', `/v1/turns/${turnId}/steps/${encodeURIComponent(step)}/${what}`);
const fact = { affinityDelta: 1, trustDelta: 1, knowledgeFacts: ['It was mended.'] };

/** Until it is mended, the step gets this answer; afterwards a good one. */
function breakStep(step: string, answer: Reply = { status: 500 }): () => void {
  let broken = true;
  world.provider.classify(({ name, requestId }) => {
    if (stepOf(requestId) !== step) return undefined;
    if (broken) return answer;
    return name === 'state_update' ? { json: fact } : undefined;
  });
  return () => {
    broken = false;
  };
}

/** A turn in a chat with a guest that waits for an operator: how the host sees the user is not known. */
async function stuckTurn(answer?: Reply): Promise<Scene & { turnId: string; step: string; repair: () => void }> {
  const scene = await world.newChat();
  const step = `state_update:${scene.hostId}>you:0`;
  const repair = breakStep(step, answer);
  const { id: turnId } = await client().postTurn(scene.chat.id, 'Is anybody there?');
  await world.awaitingOperator(turnId);
  return { ...scene, turnId, step, repair };
}

describe('a classifier that fails at every attempt', () => {
  test('is stuck while the other steps are done and the floor is free, and viewers and operators see it', async () => {
    const { chat, turnId, step } = await stuckTurn();
    const viewer = world.watch(chat.id);
    const turn = await client().getTurn(turnId);
    const error = { code: 'provider_error', message: expect.any(String), detail: { status: 500 } };
    expect(turn.steps.find((found) => found.name === step)).toEqual({
      name: step,
      status: 'stuck',
      attempts: 3,
      error,
    });
    const siblings = turn.steps.filter((found) => found.name !== step);
    expect(siblings).toHaveLength(12 + followUpSteps().length);
    expect(siblings.every((sibling) => sibling.status === 'done')).toBe(true);
    const events = await client().events(chat.id);
    expect(events.filter((event) => event.kind === 'step_stuck').map((event) => event.data)).toEqual([{ step, error }]);
    expect(count(events, 'edge_update')).toBe(5);

    await viewer.until('a status frame', () =>
      viewer.frames.some(
        (frame) =>
          frame.type === 'status' &&
          frame.turnId === turnId &&
          frame.status === 'awaiting_operator' &&
          frame.steps.some((told) => told.name === step && told.status === 'stuck'),
      ),
    );
    const described = await withTemporal(world.service(), (temporal) => temporal.workflow.getHandle(turnId).describe());
    expect(described.searchAttributes).toMatchObject({ StuckSteps: [step] });

    expect((await client().getChat(chat.id)).activeTurnId).toBeNull();
    world.provider.unscript();
    expect((await world.play(chat.id, 'And then?')).turn.status).toBe('completed');
    expect((await client().getTurn(turnId)).status).toBe('awaiting_operator');
    expect((await command(turnId, step, 'skip')).status).toBe(202);
    await world.ended(turnId);
  }, 60_000);

  test('is applied once when an operator retries it', async () => {
    const { chat, path, turnId, step, repair, hostId } = await stuckTurn();
    expect(await command(turnId, 'parse', 'retry')).toMatchObject({ status: 409, body: { code: 'step_not_stuck' } });
    repair();
    expect((await command(turnId, step, 'retry')).status).toBe(202);
    const { turn, events, calls } = await world.ended(turnId);
    expect(turn).toMatchObject({ status: 'completed', warnings: [] });
    expect(turn.steps.every((found) => found.status === 'done')).toBe(true);
    expect(calls.filter((call) => call.step === step).map((call) => call.attempt)).toEqual([1, 2, 3, 4]);
    expect(count(events, 'edge_update')).toBe(6);
    const edges = await world.list(`${path}/edges`);
    expect(edges.find((edge) => edge.sourceId === hostId && edge.targetId === 'you')).toMatchObject({
      affinity: 51,
      knowledgeFacts: fact.knowledgeFacts,
    });
    expect(await command(turnId, step, 'retry')).toMatchObject({ status: 409, body: { code: 'step_not_stuck' } });
    await expectProjectionsToFold(world.service(), chat.id);
  }, 60_000);

  test('is stuck and listed again when it fails after a retry', async () => {
    const { chat, turnId, step, repair } = await stuckTurn();
    const viewer = world.watch(chat.id);
    expect((await command(turnId, step, 'retry')).status).toBe(202);
    await viewer.until('a second step_stuck', () => {
      const stuck = viewer.frames.filter((frame) => frame.type === 'event' && frame.kind === 'step_stuck');
      return stuck.length === 2;
    });
    expect((await client().getTurn(turnId)).status).toBe('awaiting_operator');
    repair();
    expect((await command(turnId, step, 'retry')).status).toBe(202);
    expect((await world.ended(turnId)).turn).toMatchObject({ status: 'completed', warnings: [] });
  }, 60_000);

  test('is left out when an operator skips it, and the turn has a warning', async () => {
    const { turnId, step } = await stuckTurn();
    expect((await command(turnId, step, 'skip')).status).toBe(202);
    const { turn, events } = await world.ended(turnId);
    expect(turn).toMatchObject({ status: 'completed', warnings: [expect.stringContaining(step)] });
    expect(turn.steps.find((found) => found.name === step)?.status).toBe('skipped');
    expect(events.filter((event) => event.kind === 'step_skipped').map((event) => event.data)).toEqual([{ step }]);
    expect(events.at(-1)?.data).toMatchObject({ status: 'completed', warnings: turn.warnings });
    expect(count(events, 'edge_update')).toBe(5);
  }, 60_000);

  test('can be retried after a restart of all processes', async () => {
    const { turnId, step, repair } = await stuckTurn();
    await world.restart();
    const turn = await client().getTurn(turnId);
    expect(turn.status).toBe('awaiting_operator');
    expect(turn.steps.find((found) => found.name === step)?.status).toBe('stuck');
    repair();
    expect((await command(turnId, step, 'retry')).status).toBe(202);
    const ended = await world.ended(turnId);
    expect(ended.turn).toMatchObject({ status: 'completed', warnings: [] });
    expect(count(ended.events, 'edge_update')).toBe(6);
  }, 180_000);

  test('can be retried or skipped from the Temporal UI', async () => {
    const [one, two] = [await stuckTurn(), await stuckTurn()];
    world.provider.unscript();
    await withTemporal(world.service(), async (temporal) => {
      const send = (turnId: string, update: string, step: string) =>
        temporal.workflow.getHandle(turnId).executeUpdate(update, { args: [{ step }] });
      await expect(send(one.turnId, 'retryStep', 'parse')).rejects.toThrow();
      await send(one.turnId, 'retryStep', one.step);
      await send(two.turnId, 'skipStep', two.step);
    });
    expect((await world.ended(one.turnId)).turn).toMatchObject({ status: 'completed', warnings: [] });
    expect((await world.ended(two.turnId)).turn).toMatchObject({
      status: 'completed',
      warnings: [expect.stringContaining(two.step)],
    });
  }, 60_000);
});

describe('a reply that is parked', () => {
  test('holds the floor until it is retried', async () => {
    const { chat } = await world.newChat();
    world.provider.script(() => ({ status: 500 }));
    const turn = await client().postTurn(chat.id, 'Is anybody there?', { whenFailed: 'park' });
    const waiting = await world.awaitingOperator(turn.id);
    expect(waiting.steps.find((step) => step.name === 'reply:0')).toMatchObject({ status: 'stuck' });
    const next = await client().postTurn(chat.id, 'And then?');
    expect(next.status).toBe('queued');
    expect((await client().getChat(chat.id)).activeTurnId).toBe(turn.id);
    world.provider.script(() => whole('At last.'));
    expect((await command(turn.id, 'reply:0', 'retry')).status).toBe(202);
    expect((await world.ended(turn.id)).turn).toMatchObject({ status: 'completed', beats: [{ text: 'At last.' }] });
    expect((await world.ended(next.id)).turn.status).toBe('completed');
  }, 60_000);

  test('ends as failed when it is skipped', async () => {
    const { chat } = await world.newChat({ guest: null });
    world.provider.script(() => ({ steps: [{ text: 'Half a ' }, { close: true }] }));
    const turn = await client().postTurn(chat.id, 'Is anybody there?', { whenFailed: 'park' });
    await world.awaitingOperator(turn.id);
    expect((await command(turn.id, 'reply:0', 'skip')).status).toBe(202);
    const ended = await world.ended(turn.id);
    expect(ended.turn).toMatchObject({ status: 'failed', beats: [{ text: 'Half a ', truncated: true }] });
    expect((await client().getChat(chat.id)).activeTurnId).toBeNull();
  }, 60_000);
});

describe('an answer of a classifier that is invalid', () => {
  const never = 'Never to be applied.';
  const good = { affinityDelta: 9, trustDelta: 9, knowledgeFacts: [never] };
  const hostile: Record<string, Reply> = {
    'is no JSON': { content: 'Of course! {"affinityDelta": 9' },
    'is nothing': { content: '' },
    'lacks a field': { json: { affinityDelta: 9, trustDelta: 9 } },
    'is out of range': { json: { ...good, affinityDelta: 11 } },
    'is half a point': { json: { ...good, trustDelta: 0.5 } },
    'is of another type': { json: { ...good, knowledgeFacts: never } },
    'holds NUL': { json: { ...good, knowledgeFacts: [`${never}\0`] } },
    'holds half a character': { content: JSON.stringify(good).replace(never, `${never}\\ud83d`) },
    'is 1 MB long': { json: { ...good, knowledgeFacts: [never.repeat(50_000)] } },
    'is no completion': { status: 200, body: { choices: [] } },
    'is cut': { status: 200, body: completion('c', 'm', '{"affinityDelta":9,"trustDelta":9,"knowledge', someUsage) },
    'comes too late': { json: good, afterMs: silenceMs * 2 },
    'never comes': { silent: true },
  };

  test('is never applied and retried until the step is stuck, while the other steps are done', async () => {
    const scenes = await Promise.all(Object.keys(hostile).map(() => world.newChat({ guest: null })));
    const cases = Object.entries(hostile).map(([what, reply], i) => {
      const scene = scenes[i]!;
      return { what, reply, ...scene, step: `state_update:${scene.hostId}>you:0` };
    });
    const seen = new Map(cases.map((one) => [one.step, one.reply]));
    world.provider.classify(({ requestId }) => seen.get(stepOf(requestId)));
    const turns = await Promise.all(cases.map(({ chat }) => client().postTurn(chat.id, 'Is anybody there?')));
    for (const [i, { what, step, path }] of cases.entries()) {
      const turnId = turns[i]!.id;
      const turn = await world.awaitingOperator(turnId);
      const open = turn.steps.filter(({ status }) => status !== 'done');
      expect([what, open.map(({ name, attempts }) => [name, attempts])]).toEqual([what, [[step, 3]]]);
      // On a full machine the provider may not see a call before its time is up.
      const { length } = world.callsOf(turnId).filter((call) => call.step === step);
      expect([what, length >= 1 && length <= 3]).toEqual([what, true]);
      expect([what, await world.list(`${path}/edges`)]).toMatchObject([what, [{ sourceId: 'you', affinity: 50 }]]);
    }
    const logs = await Promise.all(cases.map(({ chat }) => client().events(chat.id)));
    expect(logs.flat().filter((event) => JSON.stringify(event).includes(never))).toEqual([]);
  }, 120_000);

  test('because it names a foreign id is not applied, not even in part', async () => {
    const { chat, path, hostId } = await world.newChat({ guest: null });
    const { body: storm } = await client().send<{ id: string }>('POST', `${path}/storyEvents`, {
      title: 'The storm',
      description: '',
    });
    const close = { shouldClose: true, reason: '' };
    const foreign: Record<string, unknown> = {
      scene_close: close,
      scene_summary: {
        summary: 'bad',
        edges: [{ targetId: 'you', summary: 'bad' }],
        knowledgeFacts: [{ targetId: 'chr_nobody', fact: 'bad' }],
      },
      event_lifecycle: {
        transitions: [
          { eventId: storm.id, newStatus: 'completed' },
          { eventId: 'evt_nothing', newStatus: 'completed' },
        ],
      },
      significance: { score: 4 },
    };
    world.provider.classify(({ name }) => (name in foreign ? { json: foreign[name] } : undefined));
    const { id: turnId } = await client().postTurn(chat.id, 'Fade out.');
    const turn = await world.awaitingOperator(turnId);
    const stuck = turn.steps.filter((step) => step.status === 'stuck').map((step) => step.name);
    expect(stuck.sort()).toEqual(['event_lifecycle', `scene_summary:${hostId}`, 'significance:0'].sort());
    const events = await client().events(chat.id);
    const absent = ['scene_summary', 'edge_summary', 'story_event_completed', 'memory_scored'];
    expect(absent.map((kind) => count(events, kind))).toEqual([0, 0, 0, 0]);
    expect(await world.list(`${path}/scenes`)).toMatchObject([{ status: 'closed', summaries: {} }]);
    for (const step of stuck) expect((await command(turnId, step, 'skip')).status).toBe(202);
    const ended = await world.ended(turnId);
    expect(ended.turn.status).toBe('completed');
    expect(ended.turn.warnings).toHaveLength(3);
  }, 60_000);

  test('about the addressee is replaced by the names in the text', async () => {
    const { chat, guestId } = await world.newChat();
    world.provider.classify(({ name }) => (name === 'addressee' ? { json: { addresseeId: 'chr_nobody' } } : undefined));
    const { turn } = await world.play(chat.id, 'Tomas?');
    expect(turn).toMatchObject({ status: 'completed', beats: [{ speakerId: guestId }] });
  }, 60_000);
});
