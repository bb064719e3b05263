import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { expect, test } from '@jest/globals';
import { finishTurn } from '../../../db/turns/finish.js';
import { claim } from '../../support/chats/chats.js';
import { setStage } from '../../support/viewers/stage.js';
import { watchEvents } from '../../support/viewers/viewer.js';

const stage = setStage();

test('only events carry an id, which is their seq', async () => {
  const reply = await stage.begin();
  await reply.say('The lamp');
  const viewer = stage.overEvents();
  await viewer.until(() => viewer.text(reply.turnId) === 'The lamp', 'the draft');
  await reply.land();
  await reply.finish();
  await viewer.untilEvent('turn_completed');
  expect(viewer.ids).toEqual(['1', '2', '3', '4', '5', '6']);
});

test('the head says that nobody may hold the frames back, and comes at once', async () => {
  const request = get(`${stage.gateway.url}/v1/chats/${stage.chatId}/events?after=2`);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  expect(response.headers).toMatchObject({
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache, no-transform',
    'x-accel-buffering': 'no',
  });
  request.destroy();
});

test("a turn's own stream waits for a queued turn, holds only its frames, and ends with it", async () => {
  const first = await stage.begin();
  await first.say('First.');
  const { turn } = await claim(stage.database.pool, stage.chatId);
  const after = turn.userTurnSeq - 1;
  const path = `/v1/chats/${stage.chatId}/events/of/${turn.id}?after=${after}`;
  const viewer = watchEvents(stage.gateway.url, stage.chatId, { after, path });
  await viewer.untilEvent('user_turn');
  await first.land();
  await first.finish();
  await finishTurn(stage.database.pool, turn.id, { status: 'cancelled' });
  expect((await viewer.closed).code).toBe(1000);
  expect(viewer.frames.filter((frame) => !('turnId' in frame) || frame.turnId !== turn.id)).toEqual([]);
  expect(viewer.of('event').map((event) => event.kind)).toEqual(['user_turn', 'turn_completed']);
  expect(stage.gateway.feeds.stats().viewers).toBe(0);
});

test('an unknown chat is refused before anything is sent', async () => {
  const viewer = watchEvents(stage.gateway.url, 'chat_none');
  expect((await viewer.closed).code).toBe(404);
});

test('a client that goes leaves nothing behind', async () => {
  const viewer = stage.overEvents();
  await viewer.untilEvent('scene_opened');
  expect(stage.gateway.feeds.stats().viewers).toBe(1);
  const still = stage.overEvents();
  await still.untilEvent('scene_opened');
  viewer.close();
  await viewer.closed;
  const reply = await stage.begin();
  await reply.say('On we go.');
  await still.until(() => still.text(reply.turnId) === 'On we go.', 'the text');
  expect(stage.gateway.feeds.stats().viewers).toBe(1);
});
