import { describe, expect, test } from '@jest/globals';
import type { TestReply } from '../../support/provider/reply.js';
import { until } from '../../support/until.js';
import { useGatewayFixture } from '../../support/viewers/gatewayFixture.js';
import type { TestViewer } from '../../support/viewers/viewer.js';

const fixture = useGatewayFixture();

/** A viewer that has caught up. */
async function liveViewer(): Promise<TestViewer> {
  const viewer = fixture.overSocket();
  await viewer.untilEvent('scene_opened');
  return viewer;
}

const showing = (viewer: TestViewer, reply: TestReply, text: string) =>
  viewer.until(() => viewer.text(reply.turnId) === text, `"${text}" on screen`);

async function end(reply: TestReply) {
  await reply.land();
  await reply.finish();
  for (const viewer of fixture.viewers) {
    await viewer.untilEvent('turn_completed', reply.turnId);
    expect(viewer.text(reply.turnId)).toBe(reply.said());
  }
}

describe('on a wire that loses tokens', () => {
  test('a viewer gets each token from the wire before it is in any checkpoint', async () => {
    const viewer = await liveViewer();
    const reply = await fixture.begin();
    for (const word of ['The ', 'lamp ', 'is ', 'lit.']) {
      await reply.say(word, 'wire');
      await showing(viewer, reply, reply.said());
    }
    await end(reply);
    expect(viewer.of('restart')).toEqual([]);
  });

  test('a gap that the wire left is filled from the checkpoints', async () => {
    const viewer = await liveViewer();
    const reply = await fixture.begin();
    await reply.say('The ', 'wire');
    await reply.say('lamp ', 'checkpoint');
    await reply.say('is ', 'wire');
    await showing(viewer, reply, 'The lamp is ');
    expect(fixture.gateway.feeds.stats().gapsFilled).toBe(1);
    await reply.say('lit.', 'both');
    await end(reply);
  });

  test('a token that is in no checkpoint either is delivered before the event that contains it', async () => {
    const viewer = await liveViewer();
    const reply = await fixture.begin();
    await reply.say('The ', 'wire');
    await reply.say('lamp ', 'none');
    await reply.say('is lit.', 'wire');
    await end(reply);
    expect(viewer.of('token').map((token) => token.text)).toEqual(['The ', 'lamp is lit.']);
  });

  test('every token is delivered from the checkpoints if the wire brings none', async () => {
    const viewer = await liveViewer();
    const reply = await fixture.begin();
    for (const word of ['The ', 'lamp ', 'is ', 'lit.']) {
      await reply.say(word, 'checkpoint');
      await showing(viewer, reply, reply.said());
    }
    await end(reply);
  });

  test('a reply that neither wire nor checkpoints had is delivered in full before its event', async () => {
    const viewer = await liveViewer();
    const reply = await fixture.begin();
    await reply.say('The lamp is lit.', 'none');
    await end(reply);
    expect(viewer.of('token')).toHaveLength(1);
  });

  test('tokens that arrive twice or late are ignored', async () => {
    const viewer = await liveViewer();
    const reply = await fixture.begin();
    const tokens = [reply.token('')];
    for (const word of ['The ', 'lamp ', 'is ', 'lit.']) {
      await reply.say(word, 'none');
      tokens.push({ ...reply.token(''), text: word, offset: reply.said().length - word.length });
    }
    for (const token of [...tokens.toReversed(), ...tokens, ...tokens]) fixture.wire.publish(token);
    await showing(viewer, reply, 'The lamp is lit.');
    await end(reply);
    const seen = viewer.of('token').length;
    for (const token of tokens) fixture.wire.publish(token);
    const next = await fixture.begin();
    await next.say('Next.', 'wire');
    await showing(viewer, next, 'Next.');
    expect(viewer.of('token').slice(seen)).toMatchObject([{ turnId: next.turnId, text: 'Next.' }]);
  });

  test('thinking and text are each filled by their own offsets', async () => {
    const viewer = await liveViewer();
    const reply = await fixture.begin();
    await reply.say('Hm. ', 'wire', 'thinking');
    await reply.say('Yes', 'checkpoint');
    await reply.say('Or no.', 'checkpoint', 'thinking');
    await reply.say(', sir.', 'wire');
    await showing(viewer, reply, 'Yes, sir.');
    await viewer.until(() => viewer.text(reply.turnId, 0, 'thinking') === 'Hm. Or no.', 'the thinking');
    await end(reply);
  });
});

describe('a draft that is replaced', () => {
  test('is dropped by a restart when a new attempt begins another epoch', async () => {
    const viewer = await liveViewer();
    const reply = await fixture.begin();
    await reply.say('The lamp', 'both');
    await showing(viewer, reply, 'The lamp');
    await reply.retry();
    await reply.say('A light', 'wire');
    await showing(viewer, reply, 'A light');
    await end(reply);
    expect(viewer.of('restart')).toMatchObject([{ turnId: reply.turnId, beat: 0, epoch: 2, reason: 'worker_lost' }]);
  });

  test('restarts from the checkpoints if the wire lost the first token of the new epoch', async () => {
    const viewer = await liveViewer();
    const reply = await fixture.begin();
    await reply.say('The lamp', 'both');
    await showing(viewer, reply, 'The lamp');
    await reply.retry();
    await reply.say('A light ', 'checkpoint');
    // The reason of the restart is in Postgres too.
    await viewer.until(() => viewer.of('restart').length === 1, 'a restart');
    await reply.say('burns.', 'wire');
    await showing(viewer, reply, 'A light burns.');
    expect(viewer.of('restart')).toMatchObject([{ epoch: 2, reason: 'worker_lost' }]);
    await end(reply);
  });

  test('accepts no token of an attempt that has lost the fence', async () => {
    const viewer = await liveViewer();
    const reply = await fixture.begin();
    await reply.say('The lamp', 'both');
    const zombie = reply.token(' is out');
    await reply.retry();
    await reply.say('A light', 'both');
    await showing(viewer, reply, 'A light');
    fixture.wire.publish(zombie);
    fixture.wire.publish({ ...zombie, epoch: 2, offset: 'A light'.length });
    await reply.say(' burns.', 'both');
    await showing(viewer, reply, 'A light burns.');
    await end(reply);
  });

  test('accepts no token of the old attempt once the new fence was read from Postgres', async () => {
    const viewer = await liveViewer();
    const reply = await fixture.begin();
    await reply.say('The lamp', 'both');
    await showing(viewer, reply, 'The lamp');
    const zombie = reply.token(' is out');
    await reply.retry();
    const late = fixture.overSocket();
    await showing(late, reply, 'The lamp');
    // When the wire is silent the gateway reads a draft's checkpoints, and its fence with them.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    fixture.wire.publish(zombie);
    await reply.say('A light', 'both');
    await showing(viewer, reply, 'A light');
    expect(viewer.of('token').map((token) => token.text)).toEqual(['The lamp', 'A light']);
    await end(reply);
  });

  test('restarts with the kept text when a stop keeps less than was sent', async () => {
    const viewer = await liveViewer();
    const reply = await fixture.begin();
    await reply.say('The lamp', 'both');
    await reply.say(' is lit', 'wire');
    await showing(viewer, reply, 'The lamp is lit');
    await reply.stop();
    await reply.finish('cancelled');
    await viewer.untilEvent('turn_completed');
    expect(viewer.text(reply.turnId)).toBe('The lamp');
    expect(viewer.of('restart')).toMatchObject([{ epoch: 2, reason: 'kept_text' }]);
  });

  test('is dropped by a restart before its turn ends when nothing of it was kept', async () => {
    const viewer = await liveViewer();
    const reply = await fixture.begin();
    await reply.say('The lamp', 'wire');
    await showing(viewer, reply, 'The lamp');
    await reply.stop();
    await reply.finish('cancelled');
    await viewer.untilEvent('turn_completed');
    expect(viewer.frames.some((frame) => frame.type === 'event' && frame.kind === 'assistant_turn')).toBe(false);
    expect(viewer.text(reply.turnId)).toBe('');
    expect(viewer.of('restart')).toMatchObject([{ reason: 'dropped' }]);
  });
});

describe('after a lost connection', () => {
  test('a viewer gets the draft from the checkpoints of a gateway that was restarted while a reply streams', async () => {
    const viewer = await liveViewer();
    const reply = await fixture.begin();
    await reply.say('The lamp ', 'both');
    await showing(viewer, reply, 'The lamp ');
    await fixture.restart();
    await viewer.closed;
    await reply.say('is ', 'both');
    const back = fixture.overSocket({ after: viewer.cursor() });
    await showing(back, reply, 'The lamp is ');
    expect(back.of('draft')).toHaveLength(1);
    // The worker reconnects by itself.
    await reply.say('lit', 'both');
    await showing(back, reply, 'The lamp is lit');
    await reply.land();
    await reply.finish();
    await back.untilEvent('turn_completed');
  });

  test('a gateway reads what it missed when its listener to Postgres has reconnected', async () => {
    const viewer = await liveViewer();
    const reply = await fixture.begin();
    await reply.say('The lamp is lit.', 'both');
    await showing(viewer, reply, 'The lamp is lit.');
    // A gateway that was just started may not listen yet, and then there is no connection to cut.
    await until('the listening connection is cut', async () => {
      const { rowCount } = await fixture.database.pool.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'gateway-listener' and datname = current_database()",
      );
      return rowCount === 1 || null;
    });
    await end(reply);
  });

  test('viewers that join at any moment of a reply all end with the same text', async () => {
    const reply = await fixture.begin();
    for (let i = 0; i < 40; i++) {
      fixture.overSocket();
      await reply.say(`word ${i} `, i % 3 === 0 ? 'checkpoint' : 'both');
      await new Promise((resolve) => setTimeout(resolve, i % 7));
    }
    // A viewer that joins after the end gets the event alone.
    for (const viewer of fixture.viewers) await viewer.untilEvent('assistant_turn_started', reply.turnId);
    await end(reply);
    expect(fixture.viewers).toHaveLength(40);
  });
});
