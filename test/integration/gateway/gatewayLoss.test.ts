import { describe, expect, test } from '@jest/globals';
import type { TestReply } from '../../support/provider/reply.js';
import { until } from '../../support/until.js';
import { setStage } from '../../support/viewers/stage.js';
import type { TestViewer } from '../../support/viewers/viewer.js';

const stage = setStage();

/** A viewer that is live: it has all there is. */
async function live(): Promise<TestViewer> {
  const viewer = stage.overSocket();
  await viewer.untilEvent('scene_opened');
  return viewer;
}

const showing = (viewer: TestViewer, reply: TestReply, text: string) =>
  viewer.until(() => viewer.text(reply.turnId) === text, `"${text}" on screen`);

async function end(reply: TestReply) {
  await reply.land();
  await reply.finish();
  for (const viewer of stage.viewers) {
    await viewer.untilEvent('turn_completed', reply.turnId);
    expect(viewer.text(reply.turnId)).toBe(reply.said());
  }
}

describe('what the wire brings and what it loses', () => {
  test('a viewer sees each word as it is said, before it is kept anywhere', async () => {
    const viewer = await live();
    const reply = await stage.begin();
    for (const word of ['The ', 'lamp ', 'is ', 'lit.']) {
      await reply.say(word, 'wire');
      await showing(viewer, reply, reply.said());
    }
    await end(reply);
    expect(viewer.of('restart')).toEqual([]);
  });

  test('words that the wire lost are filled in from the checkpoints', async () => {
    const viewer = await live();
    const reply = await stage.begin();
    await reply.say('The ', 'wire');
    await reply.say('lamp ', 'checkpoint');
    await reply.say('is ', 'wire');
    await showing(viewer, reply, 'The lamp is ');
    expect(stage.gateway.feeds.stats().gapsFilled).toBe(1);
    await reply.say('lit.', 'both');
    await end(reply);
  });

  test('a word lost for good is there before the event that holds it', async () => {
    const viewer = await live();
    const reply = await stage.begin();
    await reply.say('The ', 'wire');
    await reply.say('lamp ', 'none');
    await reply.say('is lit.', 'wire');
    await end(reply);
    expect(viewer.of('token').map((token) => token.text)).toEqual(['The ', 'lamp is lit.']);
  });

  test('with no wire at all every word is served from the checkpoints', async () => {
    const viewer = await live();
    const reply = await stage.begin();
    for (const word of ['The ', 'lamp ', 'is ', 'lit.']) {
      await reply.say(word, 'checkpoint');
      await showing(viewer, reply, reply.said());
    }
    await end(reply);
  });

  test('a reply of which nothing came is told in full before its event', async () => {
    const viewer = await live();
    const reply = await stage.begin();
    await reply.say('The lamp is lit.', 'none');
    await end(reply);
    expect(viewer.of('token')).toHaveLength(1);
  });

  test('tokens that are repeated and late change nothing', async () => {
    const viewer = await live();
    const reply = await stage.begin();
    const tokens = [reply.token('')];
    for (const word of ['The ', 'lamp ', 'is ', 'lit.']) {
      await reply.say(word, 'none');
      tokens.push({ ...reply.token(''), text: word, offset: reply.said().length - word.length });
    }
    for (const token of [...tokens.toReversed(), ...tokens, ...tokens]) stage.wire.publish(token);
    await showing(viewer, reply, 'The lamp is lit.');
    await end(reply);
    const seen = viewer.of('token').length;
    for (const token of tokens) stage.wire.publish(token);
    const next = await stage.begin();
    await next.say('Next.', 'wire');
    await showing(viewer, next, 'Next.');
    expect(viewer.of('token').slice(seen)).toMatchObject([{ turnId: next.turnId, text: 'Next.' }]);
  });

  test('thinking and text each have their own offsets', async () => {
    const viewer = await live();
    const reply = await stage.begin();
    await reply.say('Hm. ', 'wire', 'thinking');
    await reply.say('Yes', 'checkpoint');
    await reply.say('Or no.', 'checkpoint', 'thinking');
    await reply.say(', sir.', 'wire');
    await showing(viewer, reply, 'Yes, sir.');
    await viewer.until(() => viewer.text(reply.turnId, 0, 'thinking') === 'Hm. Or no.', 'the thinking');
    await end(reply);
  });
});

describe('drafts that begin anew', () => {
  test('a new attempt drops the draft, and its text starts over', async () => {
    const viewer = await live();
    const reply = await stage.begin();
    await reply.say('The lamp', 'both');
    await showing(viewer, reply, 'The lamp');
    await reply.retry();
    await reply.say('A light', 'wire');
    await showing(viewer, reply, 'A light');
    await end(reply);
    expect(viewer.of('restart')).toMatchObject([{ turnId: reply.turnId, beat: 0, epoch: 2, reason: 'worker_lost' }]);
  });

  test('a new draft whose first words the wire lost is whole all the same', async () => {
    const viewer = await live();
    const reply = await stage.begin();
    await reply.say('The lamp', 'both');
    await showing(viewer, reply, 'The lamp');
    await reply.retry();
    await reply.say('A light ', 'checkpoint');
    // Why it was begun again is in Postgres too.
    await viewer.until(() => viewer.of('restart').length === 1, 'a restart');
    await reply.say('burns.', 'wire');
    await showing(viewer, reply, 'A light burns.');
    expect(viewer.of('restart')).toMatchObject([{ epoch: 2, reason: 'worker_lost' }]);
    await end(reply);
  });

  test('tokens of an attempt that has lost its fence are refused', async () => {
    const viewer = await live();
    const reply = await stage.begin();
    await reply.say('The lamp', 'both');
    const zombie = reply.token(' is out');
    await reply.retry();
    await reply.say('A light', 'both');
    await showing(viewer, reply, 'A light');
    stage.wire.publish(zombie);
    stage.wire.publish({ ...zombie, epoch: 2, offset: 'A light'.length });
    await reply.say(' burns.', 'both');
    await showing(viewer, reply, 'A light burns.');
    await end(reply);
  });

  test('tokens of an old attempt are refused as soon as the new fence was read', async () => {
    const viewer = await live();
    const reply = await stage.begin();
    await reply.say('The lamp', 'both');
    await showing(viewer, reply, 'The lamp');
    const zombie = reply.token(' is out');
    await reply.retry();
    const late = stage.overSocket();
    await showing(late, reply, 'The lamp');
    // The gateway reads drafts that the wire is silent about, and their fences with them.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    stage.wire.publish(zombie);
    await reply.say('A light', 'both');
    await showing(viewer, reply, 'A light');
    expect(viewer.of('token').map((token) => token.text)).toEqual(['The lamp', 'A light']);
    await end(reply);
  });

  test('when a stop keeps less than was sent, viewers are told to drop the rest', async () => {
    const viewer = await live();
    const reply = await stage.begin();
    await reply.say('The lamp', 'both');
    await reply.say(' is lit', 'wire');
    await showing(viewer, reply, 'The lamp is lit');
    await reply.stop();
    await reply.finish('cancelled');
    await viewer.untilEvent('turn_completed');
    expect(viewer.text(reply.turnId)).toBe('The lamp');
    expect(viewer.of('restart')).toMatchObject([{ epoch: 2, reason: 'kept_text' }]);
  });

  test('a draft that came to nothing is taken back before the turn ends', async () => {
    const viewer = await live();
    const reply = await stage.begin();
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

describe('gateways and connections that go', () => {
  test('a gateway that starts anew in mid-stream goes on from the checkpoints', async () => {
    const viewer = await live();
    const reply = await stage.begin();
    await reply.say('The lamp ', 'both');
    await showing(viewer, reply, 'The lamp ');
    await stage.restart();
    await viewer.closed;
    await reply.say('is ', 'both');
    const back = stage.overSocket({ after: viewer.cursor() });
    await showing(back, reply, 'The lamp is ');
    expect(back.of('draft')).toHaveLength(1);
    // The worker's connection comes back by itself.
    await reply.say('lit', 'both');
    await showing(back, reply, 'The lamp is lit');
    await reply.land();
    await reply.finish();
    await back.untilEvent('turn_completed');
  });

  test('what happened while nobody listened to Postgres is read when it listens again', async () => {
    const viewer = await live();
    const reply = await stage.begin();
    await reply.say('The lamp is lit.', 'both');
    await showing(viewer, reply, 'The lamp is lit.');
    // A gateway that was just started may not listen yet: there must be a connection before it can be cut.
    await until('the listening connection is cut', async () => {
      const { rowCount } = await stage.database.pool.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'gateway-listener' and datname = current_database()",
      );
      return rowCount === 1 || null;
    });
    await end(reply);
  });

  test('viewers who join at any moment all end with the same text', async () => {
    const reply = await stage.begin();
    for (let i = 0; i < 40; i++) {
      stage.overSocket();
      await reply.say(`word ${i} `, i % 3 === 0 ? 'checkpoint' : 'both');
      await new Promise((resolve) => setTimeout(resolve, i % 7));
    }
    // Whoever comes after the end is told by the event alone.
    for (const viewer of stage.viewers) await viewer.untilEvent('assistant_turn_started', reply.turnId);
    await end(reply);
    expect(stage.viewers).toHaveLength(40);
  });
});
