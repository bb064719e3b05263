import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { expect, test } from '@jest/globals';
import { finishTurn } from '../../../db/turns/finish.js';
import { claim } from '../../support/chats/chats.js';
import { useGatewayFixture } from '../../support/viewers/gatewayFixture.js';
import { watchEvents } from '../../support/viewers/viewer.js';

const fixture = useGatewayFixture();

test('an event stream gives an id only to events, which is their seq', async () => {
  const reply = await fixture.begin();
  await reply.say('The lamp');
  const viewer = fixture.overEvents();
  await viewer.until(() => viewer.text(reply.turnId) === 'The lamp', 'the draft');
  await reply.land();
  await reply.finish();
  await viewer.untilEvent('turn_completed');
  expect(viewer.ids).toEqual(['1', '2', '3', '4', '5', '6']);
});

test('an event stream sends its head at once, with headers that forbid caching and buffering', async () => {
  const request = get(`${fixture.gateway.url}/v1/chats/${fixture.chatId}/events?after=2`);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  expect(response.headers).toMatchObject({
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache, no-transform',
    'x-accel-buffering': 'no',
  });
  request.destroy();
});

test('the stream of a queued turn has only frames of that turn, and ends with the turn', async () => {
  const first = await fixture.begin();
  await first.say('First.');
  const { turn } = await claim(fixture.database.pool, fixture.chatId);
  const after = turn.userTurnSeq - 1;
  const path = `/v1/chats/${fixture.chatId}/events/of/${turn.id}?after=${after}`;
  const viewer = watchEvents(fixture.gateway.url, fixture.chatId, { after, path });
  await viewer.untilEvent('user_turn');
  await first.land();
  await first.finish();
  await finishTurn(fixture.database.pool, turn.id, { status: 'cancelled' });
  expect((await viewer.closed).code).toBe(1000);
  expect(viewer.frames.filter((frame) => !('turnId' in frame) || frame.turnId !== turn.id)).toEqual([]);
  expect(viewer.of('event').map((event) => event.kind)).toEqual(['user_turn', 'turn_completed']);
  expect(fixture.gateway.feeds.stats().viewers).toBe(0);
});

test('an event stream of an unknown chat is refused before anything is sent', async () => {
  const viewer = watchEvents(fixture.gateway.url, 'chat_none');
  expect((await viewer.closed).code).toBe(404);
});

test('an event stream whose client disconnects no longer counts as a viewer', async () => {
  const viewer = fixture.overEvents();
  await viewer.untilEvent('scene_opened');
  expect(fixture.gateway.feeds.stats().viewers).toBe(1);
  const still = fixture.overEvents();
  await still.untilEvent('scene_opened');
  viewer.close();
  await viewer.closed;
  const reply = await fixture.begin();
  await reply.say('On we go.');
  await still.until(() => still.text(reply.turnId) === 'On we go.', 'the text');
  expect(fixture.gateway.feeds.stats().viewers).toBe(1);
});
