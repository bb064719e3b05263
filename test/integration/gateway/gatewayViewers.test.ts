import { describe, expect, test } from '@jest/globals';
import { useGatewayFixture } from '../../support/viewers/gatewayFixture.js';
import type { TestViewer } from '../../support/viewers/viewer.js';

const fixture = useGatewayFixture();

async function playTurns(turns: number) {
  for (let i = 0; i < turns; i++) {
    const reply = await fixture.begin();
    await reply.say(`Story ${i}. `);
    await reply.say('The end.');
    await reply.land();
    await reply.finish();
  }
}

const seqs = (viewer: TestViewer) => viewer.of('event').map((event) => event.seq);
const upTo = (newest: number, after = 0) => Array.from({ length: newest - after }, (_, i) => after + i + 1);

describe.each([
  ['the live socket', fixture.overSocket],
  ['server-sent events', fixture.overEvents],
])('a viewer on %s', (_name, watch) => {
  test('joins at every cursor from 0 to the newest and misses nothing', async () => {
    await playTurns(3);
    const newest = 2 + 3 * 4;
    const all = upTo(newest, -1).map((after) => ({ after, viewer: watch({ after }) }));
    const reply = await fixture.begin();
    await reply.say('Live.');
    await reply.land();
    await reply.finish();
    for (const { after, viewer } of all) {
      await viewer.untilEvent('turn_completed', reply.turnId);
      expect(viewer.frames[0]).toMatchObject({ type: 'hello', chatId: fixture.chatId });
      expect(seqs(viewer)).toEqual(upTo(newest + 4, after));
    }
  });

  test('that joins while a reply streams gets its text so far as one draft, then tokens', async () => {
    const reply = await fixture.begin();
    await reply.say('Hm. ', 'both', 'thinking');
    await reply.say('The lamp ', 'both');
    const viewer = watch();
    await viewer.until(() => viewer.text(reply.turnId) === 'The lamp ', 'the draft');
    await reply.say('is lit.', 'wire');
    await viewer.until(() => viewer.text(reply.turnId) === 'The lamp is lit.', 'the rest');
    expect(viewer.of('draft')).toMatchObject([
      { channel: 'thinking', offset: 0, text: 'Hm. ', epoch: 1, beat: 0, speakerId: 'chr_mira' },
      { channel: 'text', offset: 0, text: 'The lamp ' },
    ]);
    expect(viewer.of('token')).toMatchObject([{ channel: 'text', offset: 9, text: 'is lit.' }]);
    await reply.land();
    await reply.finish();
    await viewer.untilEvent('turn_completed');
  });

  test('that joins after a beat has ended gets its event and no tokens', async () => {
    await playTurns(2);
    const viewer = watch();
    await viewer.until(() => viewer.cursor() === 10, 'all events');
    expect(viewer.of('token')).toEqual([]);
    expect(viewer.of('draft')).toEqual([]);
  });

  test('is one of two hundred on one stream, who all get the same text', async () => {
    const reply = await fixture.begin();
    const many = Array.from({ length: 200 }, () => watch());
    await reply.say('The ');
    await Promise.all(
      many.map((viewer) => viewer.until(() => viewer.text(reply.turnId) === 'The ', 'the first token')),
    );
    for (const word of ['lamp ', 'is ', 'lit.']) await reply.say(word, 'wire');
    await reply.land();
    await reply.finish();
    await Promise.all(many.map((viewer) => viewer.untilEvent('turn_completed')));
    expect(new Set(many.map((viewer) => viewer.text(reply.turnId)))).toEqual(new Set(['The lamp is lit.']));
    expect(fixture.gateway.feeds.stats()).toMatchObject({ viewers: 200, feeds: 1 });
  }, 60_000);

  test("gets the status of running turns, and the upstream's heartbeats", async () => {
    const viewer = watch();
    const reply = await fixture.begin();
    await viewer.until(() => viewer.of('status').some((s) => s.steps.length > 0), 'a status');
    expect(viewer.of('status').at(-1)).toMatchObject({ turnId: reply.turnId, status: 'running' });
    fixture.wire.heartbeat({ chatId: fixture.chatId, turnId: reply.turnId, elapsedSeconds: 5 });
    await viewer.until(() => viewer.of('heartbeat').length === 1, 'a heartbeat');
    const late = watch();
    await late.until(() => late.of('status').length > 0, 'the status of the running turn');
    await reply.land();
    await reply.finish();
    await viewer.until(() => viewer.of('status').at(-1)?.status === 'completed', 'the end');
  });
});

test('viewers of a chat that is deleted are closed with 4404', async () => {
  const viewer = fixture.overSocket();
  await viewer.until(() => viewer.cursor() === 2, 'the chat');
  await fixture.database.pool.query('delete from chats where id = $1', [fixture.chatId]);
  expect((await viewer.closed).code).toBe(4404);
}, 15_000);

test('a gateway that stops closes its viewers with 1012', async () => {
  const viewer = fixture.overSocket();
  await viewer.until(() => viewer.cursor() === 2, 'the chat');
  fixture.gateway.feeds.close();
  expect((await viewer.closed).code).toBe(1012);
});
