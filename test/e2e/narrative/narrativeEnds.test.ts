import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { expectProjectionsToFold } from '../../support/chats/agreement.js';
import {
  count,
  type NarrativeWorld,
  type Played,
  startNarrativeWorld,
  updatesOf,
} from '../../support/chats/narrativeWorld.js';
import { ending, type Reply } from '../../support/provider/scriptedReply.js';
import { until } from '../../support/until.js';

let world: NarrativeWorld;
beforeAll(async () => {
  world = await startNarrativeWorld({ REPLY_ATTEMPTS: '2' });
}, 180_000);
afterAll(() => world?.dispose(), 60_000);
afterEach(() => world.provider.unscript());

const client = () => world.service().client;
const steps = ({ calls }: Played) => calls.map((call) => call.step);
const answer = (answers: Record<string, unknown>) =>
  world.provider.classify(({ name }) => (name in answers ? { json: answers[name] } : undefined));
const interject = { shouldInterject: true, reason: 'Always.' };
const close = { shouldClose: true, reason: 'We are done here.' };

describe('a first reply that does not end by itself', () => {
  /** A turn that would have had an interjection, and a scene that is over. */
  async function playWith(reply: Reply, during: (turnId: string) => Promise<void> = async () => {}) {
    const scene = await world.newChat();
    answer({ interjection: interject, scene_close: close });
    world.provider.script(() => reply);
    const turn = await client().postTurn(scene.chat.id, 'We are done here. Good night!');
    await during(turn.id);
    return { ...scene, played: await world.ended(turn.id) };
  }

  const stop = async (turnId: string) => {
    await world.nextReply(turnId);
    await until('text', async () => ((await client().getTurn(turnId)).beats[0]?.text ? true : null));
    await client().cancelTurn(turnId);
  };

  test('when it is stopped has no interjection, runs the follow-ups on the kept text, and closes the scene', async () => {
    const { played, path, hostId, guestId } = await playWith({ steps: [{ text: 'Good ni' }] }, stop);
    expect(played.turn).toMatchObject({ status: 'cancelled', beats: [{ text: 'Good ni', truncated: true }] });
    expect(steps(played)).not.toContain('interjection');
    expect(steps(played)).toEqual(expect.arrayContaining(updatesOf(0, 'you', hostId, guestId)));
    expect(await world.list(`${path}/scenes`)).toMatchObject([{ status: 'closed' }]);
    expect(count(played.events, 'memory_written')).toBe(2);
  }, 60_000);

  test('when it is cut at the length limit has no interjection', async () => {
    const { played } = await playWith({ steps: [{ text: 'Good night, and' }, ...ending('length')] });
    expect(played.turn).toMatchObject({ status: 'completed', beats: [{ truncated: true }] });
    expect(steps(played)).not.toContain('interjection');
  }, 60_000);

  test('when it breaks off has no interjection', async () => {
    const { played } = await playWith({ steps: [{ text: 'Good' }, { close: true }] });
    expect(played.turn).toMatchObject({ status: 'failed', error: { code: 'stream_broken' } });
    expect(steps(played)).not.toContain('interjection');
  }, 60_000);

  test('when it is empty leaves no memory and changes no edge, but closes the scene', async () => {
    const { played, path } = await playWith({ steps: [...ending()] });
    expect(played.turn).toMatchObject({ status: 'failed', error: { code: 'empty_reply' } });
    expect(steps(played).filter((step) => /interjection|state_update|significance/.test(step))).toEqual([]);
    expect(count(played.events, 'memory_written')).toBe(0);
    expect(await world.list(`${path}/scenes`)).toMatchObject([{ status: 'closed' }]);
  }, 60_000);

  test('when it is stopped before it began closes the scene', async () => {
    const { played, path } = await playWith({ silent: true }, async (turnId) => {
      await world.nextReply(turnId);
      await client().cancelTurn(turnId);
    });
    expect(played.turn.status).toBe('cancelled');
    expect(count(played.events, 'assistant_turn')).toBe(0);
    expect(steps(played).filter((step) => /interjection|state_update|significance/.test(step))).toEqual([]);
    expect(await world.list(`${path}/scenes`)).toMatchObject([{ status: 'closed' }]);
  }, 60_000);

  test('when the second reply is cut short leaves no memory of that one', async () => {
    const { chat } = await world.newChat();
    answer({ interjection: interject });
    world.provider.script(({ requestId }) => ({
      steps: requestId?.includes('/reply:0/')
        ? [{ text: 'Good.' }, ...ending()]
        : [{ text: 'No' }, ...ending('length')],
    }));
    const played = await world.play(chat.id);
    const kinds = ['assistant_turn', 'edge_update', 'memory_written', 'memory_scored'] as const;
    expect(kinds.map((kind) => count(played.events, kind))).toEqual([2, 6, 2, 1]);
  }, 60_000);
});

describe('a scene', () => {
  test('closes after both replies, with a summary for each character', async () => {
    const { chat, path, hostId, guestId } = await world.newChat();
    answer({
      interjection: interject,
      scene_close: close,
      scene_summary: {
        summary: 'A calm night.',
        edges: [{ targetId: 'you', summary: 'A friend by now.' }],
        knowledgeFacts: [{ targetId: 'you', fact: 'fears the sea' }],
      },
    });
    const played = await world.play(chat.id, 'Fade out.');
    const seqOf = (kind: string) => played.events.filter((event) => event.kind === kind).map((event) => event.seq);
    expect(seqOf('scene_closed')).toHaveLength(1);
    expect(seqOf('assistant_turn')).toHaveLength(2);
    expect(seqOf('scene_closed')[0]).toBeGreaterThan(Math.max(...seqOf('assistant_turn')));
    const summaries = steps(played).filter((step) => step.startsWith('scene_summary'));
    expect(summaries.sort()).toEqual([`scene_summary:${hostId}`, `scene_summary:${guestId}`].sort());
    expect(await world.list(`${path}/scenes`)).toMatchObject([
      { status: 'closed', summaries: { [hostId]: 'A calm night.', [guestId]: 'A calm night.' } },
    ]);
    for (const sourceId of [hostId, guestId]) {
      const edges = await world.list(`${path}/edges`);
      expect(edges.find((edge) => edge.sourceId === sourceId && edge.targetId === 'you')).toMatchObject({
        summary: 'A friend by now.',
        knowledgeFacts: ['fears the sea'],
      });
    }
    const next = await world.play(chat.id, 'Good morning.');
    expect(steps(next)).not.toContain('scene_close');
    const prompt = JSON.stringify(next.calls.find(({ step }) => step === 'reply:0')?.call.body.messages);
    expect(prompt).toContain('A calm night.');
    await expectProjectionsToFold(world.service(), chat.id);
  }, 60_000);

  test('closed over the API is summarized too', async () => {
    const { chat, path, hostId } = await world.newChat({ guest: null });
    await world.play(chat.id);
    answer({ scene_summary: { summary: 'By hand.', edges: [], knowledgeFacts: [] } });
    expect((await client().send('POST', `${path}/scenes/current/close`)).status).toBe(200);
    const summaries = await until('the summary', async () => {
      const [scene] = await world.list(`${path}/scenes`);
      return Object.keys(scene?.summaries ?? {}).length > 0 ? scene?.summaries : null;
    });
    expect(summaries).toEqual({ [hostId]: 'By hand.' });
  }, 60_000);

  test('is not classified where none is open, or where nothing was said', async () => {
    const { chat } = await world.newChat({ container: null });
    expect(steps(await world.play(chat.id))).not.toContain('scene_close');
    const { chat: other } = await world.newChat();
    const silent = await world.play(other.id, '((Only this.))');
    expect(silent.turn.status).toBe('completed');
    expect(steps(silent).filter((step) => step === 'scene_close' || step === 'parse')).toEqual([]);
  }, 60_000);
});

describe('story events', () => {
  const plan = (path: string, title: string, more: object = {}) =>
    client().send<{ id: string }>('POST', `${path}/storyEvents`, { title, description: 'It comes.', ...more });

  test('are classified only while some are open', async () => {
    const { chat, path } = await world.newChat({ guest: null });
    expect(steps(await world.play(chat.id))).not.toContain('event_lifecycle');
    const { body } = await plan(path, 'The storm');
    answer({ event_lifecycle: { transitions: [{ eventId: body.id, newStatus: 'cancelled' }] } });
    const played = await world.play(chat.id);
    expect(steps(played)).toContain('event_lifecycle');
    expect(count(played.events, 'story_event_cancelled')).toBe(1);
    expect(steps(await world.play(chat.id))).not.toContain('event_lifecycle');
  }, 60_000);

  test('apply their effects once, however often they are reported as completed', async () => {
    const { chat, path, hostId } = await world.newChat({ guest: null });
    const { body: storm } = await plan(path, 'The storm', {
      status: 'active',
      artifacts: {
        knowledgeFacts: [{ sourceId: 'you', targetId: hostId, fact: 'is brave' }],
        relationshipChange: { sourceId: hostId, targetId: 'you', affinityDelta: 20, trustDelta: -20 },
        acquiredObjects: [{ ownerId: 'you', name: 'a lantern' }],
      },
    });
    const { body: calm } = await plan(path, 'The calm');
    const completed = { eventId: storm.id, newStatus: 'completed' };
    answer({
      event_lifecycle: { transitions: [completed, completed, { eventId: calm.id, newStatus: 'exploded' }] },
    });
    const played = await world.play(chat.id);
    expect(['story_event_completed', 'object_acquired'].map((kind) => count(played.events, kind))).toEqual([1, 1]);
    expect(await world.list(`${path}/edges`)).toMatchObject([
      { sourceId: hostId, targetId: 'you', affinity: 70, trust: 30 },
      { sourceId: 'you', targetId: hostId, affinity: 50, knowledgeFacts: ['is brave'] },
    ]);
    expect(await world.list(`${path}/storyEvents`)).toMatchObject([{ status: 'completed' }, { status: 'planned' }]);
    world.provider.unscript();
    const next = await world.play(chat.id);
    const asked = next.calls.find(({ step }) => step === 'event_lifecycle')?.call.body.response_format;
    expect(JSON.stringify(asked)).toContain(calm.id);
    expect(JSON.stringify(asked)).not.toContain(storm.id);
    await expectProjectionsToFold(world.service(), chat.id);
  }, 60_000);
});

describe('a regenerated reply', () => {
  test('runs its follow-ups again, except for the score, and supersedes the old reply with its effects', async () => {
    const { chat, path, hostId, guestId } = await world.newChat();
    answer({
      state_update: { affinityDelta: 4, trustDelta: 0, knowledgeFacts: [] },
      significance: { score: 3 },
      interjection: interject,
    });
    const first = await world.play(chat.id, 'Who is there?');
    expect(count(first.events, 'memory_scored')).toBe(2);
    const { body } = await client().send<{ turn: { id: string } }>('POST', `/v1/turns/${first.turn.id}/regenerate`, {
      text: 'Who goes there?',
    });
    const again = await world.ended(body.turn.id);
    expect(again.turn.status).toBe('completed');
    expect(steps(again).filter((step) => step.startsWith('significance'))).toEqual([]);
    expect(steps(again)).toEqual(
      expect.arrayContaining(['parse', 'reply:0', 'interjection', 'scene_close', 'reply:1']),
    );
    expect(steps(again)).toEqual(
      expect.arrayContaining([...updatesOf(0, 'you', hostId, guestId), ...updatesOf(1, 'you', hostId, guestId)]),
    );
    const edges = await world.list(`${path}/edges`);
    expect(edges.map((edge) => edge.affinity)).toEqual(Array(6).fill(58));
    expect(await world.list(`${path}/memories`)).toMatchObject([{ significance: null }, { significance: null }]);
    const messages = await world.list(`${path}/messages`);
    expect(messages.map((message) => message.content)[0]).toBe('Who goes there?');
    expect(messages).toHaveLength(3);
    await expectProjectionsToFold(world.service(), chat.id);
  }, 60_000);
});
