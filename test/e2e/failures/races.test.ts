import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { expectAgreement, expectDenseLog, expectFollowingTurnToRun } from '../../support/chats/agreement.js';
import { paced, whole } from '../../support/provider/scriptedReply.js';
import { type ScriptedService, startScriptedService } from '../../support/service/scriptedService.js';
import { openFollowingViewer } from '../../support/viewers/followingViewer.js';

let world: ScriptedService;

beforeAll(async () => {
  world = await startScriptedService();
}, 180_000);
afterAll(() => world?.dispose(), 60_000);
afterEach(() => world.provider.unscript());

const words = (count: number) => Array.from({ length: count }, (_, n) => `word${n} `);

describe('posting to a chat', () => {
  test('20 posts at once with one idempotency key make one turn', async () => {
    const { client } = world.service;
    const chat = await client.newChat();
    const posts = Array.from({ length: 20 }, () => client.sendTurn(chat.id, 'Once.', { idempotencyKey: 'one' }));
    const answers = await Promise.all(posts);
    expect(answers.map((answer) => answer.status)).toEqual(Array(20).fill(202));
    const ids = new Set(answers.map((answer) => answer.body.turn.id));
    expect(ids.size).toBe(1);

    const [turnId] = [...ids] as [string];
    await client.awaitTurnEnd(turnId);
    const events = await client.events(chat.id);
    expectDenseLog(events);
    expect(events.filter((event) => event.kind === 'user_turn')).toHaveLength(1);
    expect(events.filter((event) => event.kind === 'assistant_turn')).toHaveLength(1);
    expect(world.attempts(turnId)).toHaveLength(1);
  }, 60_000);

  test('a repeated key with another body is refused and starts no turn', async () => {
    const { client } = world.service;
    const chat = await client.newChat();
    const turn = await client.postTurn(chat.id, 'Once.', { idempotencyKey: 'one' });
    const again = await client.sendTurn(chat.id, 'Twice.', { idempotencyKey: 'one' });
    expect([again.status, again.body.code]).toEqual([409, 'idempotency_mismatch']);
    await client.awaitTurnEnd(turn.id);
    const late = await client.postTurn(chat.id, 'Once.', { idempotencyKey: 'one' });
    expect(late.id).toBe(turn.id);
  }, 60_000);

  test('40 posts at once all run, in the order of the log', async () => {
    const { client } = world.service;
    const chat = await client.newChat();
    const viewer = openFollowingViewer(world.service.api, chat.id);
    const startedAt = performance.now();
    const turns = await Promise.all(Array.from({ length: 40 }, (_, n) => client.postTurn(chat.id, `Post ${n}.`)));
    await Promise.all(turns.map((turn) => client.awaitTurnEnd(turn.id, 120_000)));
    console.info(`40 turns of one chat: ${Math.round(performance.now() - startedAt)} ms`);

    const events = await client.events(chat.id);
    expectDenseLog(events);
    const inOrder = (kind: string) => events.filter((event) => event.kind === kind).map((event) => event.turnId);
    expect(new Set(inOrder('user_turn'))).toEqual(new Set(turns.map((turn) => turn.id)));
    expect(inOrder('assistant_turn')).toEqual(inOrder('user_turn'));
    expect(inOrder('turn_completed')).toEqual(inOrder('user_turn'));
    for (const turn of turns) await expectAgreement(world.service, viewer, turn.id);
    viewer.close();
  }, 180_000);
});

describe('stopping a turn', () => {
  test.each([0, 5, 20, 60, 150, 400])(
    '%i ms after the post keeps the text so far and frees the floor',
    async (ms) => {
      const { client } = world.service;
      world.provider.script(() => paced(words(200), { everyMs: 10 }));
      const chat = await client.newChat();
      const viewer = openFollowingViewer(world.service.api, chat.id);
      const turn = await client.postTurn(chat.id, 'Tell me everything.');
      await delay(ms);
      const stoppedAt = performance.now();
      const answer = await client.cancelTurn(turn.id);
      expect(answer.status).toBe(204);

      const ended = await client.awaitTurnEnd(turn.id, 15_000);
      console.info(`stopped after ${ms} ms: ended within ${Math.round(performance.now() - stoppedAt)} ms`);
      expect(ended.status).toBe('cancelled');
      const { events, text } = await expectAgreement(world.service, viewer, turn.id);
      const reply = events.find((event) => event.kind === 'assistant_turn');
      if (reply) expect(reply.data).toMatchObject({ truncated: true });
      expect(reply === undefined).toBe(text === '');
      expect(words(200).join('').startsWith(text)).toBe(true);

      world.provider.unscript();
      await expectFollowingTurnToRun(world.service, chat.id);
      viewer.close();
    },
    60_000,
  );

  test('at the moment of its completion leaves one reply, whole or truncated, and one turn_completed', async () => {
    for (let round = 0; round < 8; round += 1) {
      const { viewer, turn, call, chat } = await world.beginReply();
      await Promise.all([call.finish(), delay(round).then(() => world.service.client.cancelTurn(turn.id))]);
      const { turn: ended, events } = await expectAgreement(world.service, viewer, turn.id);
      const replies = events.filter((event) => event.kind === 'assistant_turn');
      expect(replies).toHaveLength(1);
      const { truncated } = replies[0]!.data as { truncated: boolean };
      expect(ended.status).toBe(truncated ? 'cancelled' : 'completed');
      viewer.close();
      expect((await world.service.client.getChat(chat.id)).activeTurnId).toBeNull();
    }
  }, 90_000);

  test('three times, and again after its end, is answered 204 each time', async () => {
    const { client } = world.service;
    const { viewer, turn, begun } = await world.beginReply();
    const answers = await Promise.all([1, 2, 3].map(() => client.cancelTurn(turn.id)));
    expect(answers.map((answer) => answer.status)).toEqual([204, 204, 204]);
    const agreed = await expectAgreement(world.service, viewer, turn.id);
    expect([agreed.turn.status, agreed.text]).toEqual(['cancelled', begun]);
    expect((await client.cancelTurn(turn.id)).status).toBe(204);
    expect((await client.cancelChat(turn.chatId)).status).toBe(204);
    expect(await client.getTurn(turn.id)).toEqual(agreed.turn);
    viewer.close();
  }, 60_000);

  test('that does not exist is answered 404', async () => {
    expect((await world.service.client.cancelTurn('turn_00000000-0000-7000-8000-000000000000')).status).toBe(404);
  });
});

describe('a post while a reply streams', () => {
  test('with reject is refused, and the reply continues', async () => {
    const { client } = world.service;
    const { viewer, turn, call, chat, begun } = await world.beginReply();
    const refused = await client.sendTurn(chat.id, 'Me too.', { whenBusy: 'reject' });
    expect([refused.status, refused.body.code]).toEqual([409, 'turn_in_progress']);
    await call.finish();
    const agreed = await expectAgreement(world.service, viewer, turn.id);
    expect([agreed.turn.status, agreed.text]).toEqual(['completed', begun]);
    expect(agreed.events.filter((event) => event.kind === 'user_turn')).toHaveLength(1);
    viewer.close();
  }, 60_000);

  test('with enqueue runs after it', async () => {
    const { client } = world.service;
    const { viewer, turn, call, chat } = await world.beginReply();
    const second = await client.postTurn(chat.id, 'Me too.');
    const third = await client.postTurn(chat.id, 'And me.', { whenBusy: 'enqueue' });
    expect(await client.getTurn(second.id)).toMatchObject({ status: 'queued', queuePosition: 1 });
    expect(await client.getTurn(third.id)).toMatchObject({ status: 'queued', queuePosition: 2 });
    world.provider.script(() => whole('Yes.'));
    await call.finish();
    for (const { id } of [turn, second, third]) {
      const agreed = await expectAgreement(world.service, viewer, id, { floorIsFree: id === third.id });
      expect(agreed.turn.status).toBe('completed');
    }
    viewer.close();
  }, 60_000);

  test('with interrupt keeps the partial text and runs before the queued turns', async () => {
    const { client } = world.service;
    const { viewer, turn, chat, begun } = await world.beginReply();
    const waiting = await client.postTurn(chat.id, 'I wait.');
    world.provider.script(() => whole('Yes.'));
    const urgent = await client.postTurn(chat.id, 'Now!', { whenBusy: 'interrupt' });
    const last = await client.awaitTurnEnd(waiting.id);
    const { events, ...first } = await expectAgreement(world.service, viewer, turn.id);
    expect([first.turn.status, first.text, first.turn.beats[0]?.truncated]).toEqual(['cancelled', begun, true]);
    const ends = events.filter((event) => event.kind === 'turn_completed').map((event) => event.turnId);
    expect(ends).toEqual([turn.id, urgent.id, waiting.id]);
    expect(last.status).toBe('completed');
    for (const { id } of [urgent, waiting]) await expectAgreement(world.service, viewer, id);
    viewer.close();
  }, 60_000);

  test('with rollback removes the running turn from the timeline and runs', async () => {
    const { client } = world.service;
    const { viewer, turn, chat } = await world.beginReply();
    world.provider.script(() => whole('Yes.'));
    const next = await client.postTurn(chat.id, 'Forget that.', { whenBusy: 'rollback' });
    expect((await client.awaitTurnEnd(next.id)).status).toBe('completed');
    expect((await client.getTurn(turn.id)).status).toBe('cancelled');

    const timeline = await client.events(chat.id);
    expect(timeline.filter((event) => event.turnId === turn.id).map((event) => event.kind)).toEqual([
      'turn_rolled_back',
    ]);
    expectDenseLog(await client.events(chat.id, { includeHidden: true }));
    const { items } = await client.messages(chat.id);
    expect(items.map((message) => message.content)).toEqual(['Forget that.', 'Yes.']);
    await expectAgreement(world.service, viewer, next.id);
    viewer.close();
  }, 60_000);

  test('with interrupt, sent many times at once, runs each of the turns', async () => {
    const { client } = world.service;
    const { viewer, turn, chat } = await world.beginReply();
    world.provider.script(() => whole('Yes.'));
    const posts = Array.from({ length: 5 }, (_, n) => client.postTurn(chat.id, `Now ${n}!`, { whenBusy: 'interrupt' }));
    const turns = await Promise.all(posts);
    for (const { id } of turns) await client.awaitTurnEnd(id);
    for (const { id } of [turn, ...turns]) await expectAgreement(world.service, viewer, id);
    viewer.close();
  }, 60_000);
});
