import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Turn } from '../../../client/src/index.js';
import { expectAgreement, expectFollowingTurnToRun } from '../../support/chats/agreement.js';
import { ending, type Reply, type Step, whole } from '../../support/provider/scriptedReply.js';
import { type ScriptedService, startScriptedService } from '../../support/service/scriptedService.js';
import { type FollowingViewer, openFollowingViewer } from '../../support/viewers/followingViewer.js';

const silenceMs = 1_000;
const attempts = 3;

let world: ScriptedService;
let viewer: FollowingViewer;
let chatId: string;

beforeAll(async () => {
  world = await startScriptedService({ REPLY_SILENCE_MS: String(silenceMs), REPLY_ATTEMPTS: String(attempts) });
}, 180_000);
afterAll(() => world?.dispose(), 60_000);
afterEach(() => {
  viewer.close();
  world.provider.unscript();
});

/** Runs one turn in a chat of its own on these replies, one a request, and sees that all agree on what came of it. */
async function runTurn(...replies: [Reply, ...Reply[]]): Promise<{ turn: Turn; text: string }> {
  world.provider.script(...replies);
  chatId = (await world.service.client.newChat()).id;
  viewer = openFollowingViewer(world.service.api, chatId);
  const { id } = await world.service.client.postTurn(chatId, 'Is anybody there?');
  await world.service.client.awaitTurnEnd(id, 120_000);
  return expectAgreement(world.service, viewer, id);
}

const gapMs = (turn: Turn) => {
  const [first, second] = world.attempts(turn.id);
  return (second?.at ?? Number.NaN) - (first?.at ?? Number.NaN);
};

describe('a final failure of the provider ends the turn with the text so far, without a retry', () => {
  const final: [string, string, Reply][] = [
    ['401', 'provider_unauthorized', { status: 401 }],
    ['403', 'provider_unauthorized', { status: 403 }],
    ['400', 'provider_refused', { status: 400 }],
    [
      'an unknown model',
      'model_not_found',
      { status: 404, body: { error: { code: 'model_not_found', message: 'no' } } },
    ],
  ];
  test.each(final)(
    'for %s with the code %s',
    async (_name, code, reply) => {
      const { turn, text } = await runTurn(reply);
      expect(turn).toMatchObject({ status: 'failed', error: { code } });
      expect(turn.beats[0]).toMatchObject({ truncated: true, text: '' });
      expect(text).toBe('');
      expect(world.attempts(turn.id)).toHaveLength(1);
      world.provider.unscript();
      await expectFollowingTurnToRun(world.service, chatId);
    },
    60_000,
  );

  const cut: [string, Step[]][] = [
    ['length', [{ text: 'Half a' }, ...ending('length')]],
    ['content_filter', [{ text: 'Half a' }, ...ending('content_filter')]],
  ];
  test.each(cut)(
    'and keeps a reply that ends with %s truncated, with that code',
    async (code, steps) => {
      const { turn, text } = await runTurn({ steps });
      expect(text).toBe('Half a');
      expect(turn.beats[0]).toMatchObject({ truncated: true, text: 'Half a' });
      const events = await world.service.client.events(chatId);
      expect(events.find((event) => event.kind === 'assistant_turn')?.data).toMatchObject({ error: { code } });
      expect(world.attempts(turn.id)).toHaveLength(1);
    },
    60_000,
  );
});

describe('a transient failure of the provider is retried', () => {
  const inTwoSeconds = () => new Date(Date.now() + 2_000).toUTCString();
  const passing: [string, () => Reply, number][] = [
    ['429 that says a second', () => ({ status: 429, headers: { 'retry-after': '1' } }), 950],
    ['429 that says a date', () => ({ status: 429, headers: { 'retry-after': inTwoSeconds() } }), 900],
    [
      '429 that says a date that is past',
      () => ({ status: 429, headers: { 'retry-after': new Date(0).toUTCString() } }),
      0,
    ],
    ['429 that says no time', () => ({ status: 429 }), 0],
    ['429 that says nonsense', () => ({ status: 429, headers: { 'retry-after': 'soon' } }), 0],
    ['500', () => ({ status: 500 }), 0],
    ['503 that says a second', () => ({ status: 503, headers: { 'retry-after': '1' } }), 950],
    ['a connection that closes before the answer', () => ({ hangUp: 'close' }), 0],
    ['a connection that is reset before the answer', () => ({ hangUp: 'reset' }), 0],
    ['silence before the answer', () => ({ silent: true }), silenceMs],
    ['silence in mid-stream', () => ({ steps: [{ text: 'Lost ' }] }), silenceMs],
    ['a reset in mid-stream', () => ({ steps: [{ text: 'Lost ' }, { waitMs: 50 }, { reset: true }] }), 0],
    ['a close in mid-stream', () => ({ steps: [{ text: 'Lost ' }, { waitMs: 50 }, { close: true }] }), 0],
    ['an end without finish_reason', () => ({ steps: [{ text: 'Lost ' }, { done: true }, { end: true }] }), 0],
    [
      'an error inside the stream',
      () => ({ steps: [{ text: 'Lost ' }, { error: { message: 'no' } }, { end: true }] }),
      0,
    ],
    ['an empty reply', () => ({ steps: ending() }), 0],
    ['a malformed frame', () => ({ steps: [{ text: 'Lost ' }, { bytes: 'data: {"choices":[{\n\n' }, ...ending()] }), 0],
    ['an answer that is no stream', () => ({ steps: [{ bytes: '<html>Bad gateway</html>' }, { end: true }] }), 0],
  ];
  test.each(passing)(
    'after %s',
    async (_name, reply, atLeastMs) => {
      const { turn, text } = await runTurn(reply(), whole('Come ', 'in.'));
      expect(turn.status).toBe('completed');
      expect(text).toBe('Come in.');
      expect(world.attempts(turn.id)).toHaveLength(2);
      expect(world.attempts(turn.id).map((call) => call.requestId)).toEqual([
        `${turn.id}/reply:0/1`,
        `${turn.id}/reply:0/2`,
      ]);
      expect(gapMs(turn)).toBeGreaterThanOrEqual(atLeastMs);
      expect(gapMs(turn)).toBeLessThan(atLeastMs + 10_000);
    },
    60_000,
  );

  test('after refused connections, until the provider accepts them again', async () => {
    const { client } = world.service;
    await world.provider.down();
    chatId = (await client.newChat()).id;
    viewer = openFollowingViewer(world.service.api, chatId);
    const { id } = await client.postTurn(chatId, 'Is anybody there?');
    await viewer.until('a failed attempt', () =>
      viewer.frames.some((frame) => frame.type === 'status' && frame.steps.some((step) => step.status === 'retrying')),
    );
    await world.provider.up();
    expect((await expectAgreement(world.service, viewer, id)).turn.status).toBe('completed');
  }, 60_000);
});

describe('when the attempts at a failing provider run out', () => {
  const lasting: [string, string, Reply, string][] = [
    ['500', 'provider_error', { status: 500 }, ''],
    ['429', 'provider_rate_limited', { status: 429, headers: { 'retry-after': '0' } }, ''],
    ['a silent provider', 'provider_silent', { silent: true }, ''],
    ['an empty reply', 'empty_reply', { steps: ending() }, ''],
    [
      'a stream that breaks',
      'stream_broken',
      { steps: [{ text: 'As far as ' }, { waitMs: 50 }, { close: true }] },
      'As far as ',
    ],
  ];
  test.each(lasting)(
    'by %s, the turn fails with %s and keeps the received text',
    async (_name, code, reply, kept) => {
      const { turn, text } = await runTurn(...(Array(attempts).fill(reply) as [Reply]));
      expect(turn).toMatchObject({ status: 'failed', error: { code } });
      expect(text).toBe(kept);
      expect(turn.beats[0]).toMatchObject({ truncated: true });
      expect(world.attempts(turn.id)).toHaveLength(attempts);
      world.provider.unscript();
      await expectFollowingTurnToRun(world.service, chatId);
    },
    60_000,
  );
});

describe('the text of a reply arrives as it was sent', () => {
  test('when its bytes are cut at every place', async () => {
    const text = 'Grüße 🌊 你好 e\u0301 \u{1F469}\u200d\u{1F680} "quoted" \\ end';
    const chunk = { choices: [{ index: 0, delta: { content: text }, finish_reason: null }] };
    const bytes = `data: ${JSON.stringify(chunk)}\n\n`;
    const cuts = Array.from({ length: Buffer.byteLength(bytes) - 1 }, (_, n) => n + 1);
    const { turn, text: received } = await runTurn({ steps: [{ bytes, cuts }, ...ending()] });
    expect([turn.status, received]).toEqual(['completed', text]);
  }, 60_000);

  test('when a surrogate pair is cut between two deltas', async () => {
    const { text } = await runTurn(whole('wave \ud83c', '\udf0a.'));
    expect(text).toBe('wave 🌊.');
  }, 60_000);

  test('when it is 10 MB long', async () => {
    const chars = 10_000_000;
    const startedAt = performance.now();
    const { turn, text } = await runTurn({ steps: [{ fill: { chars, per: 4_000 } }, ...ending()] });
    console.info(`a reply of 10 MB: ${Math.round(performance.now() - startedAt)} ms`);
    expect(turn.status).toBe('completed');
    expect(text).toHaveLength(chars);
  }, 180_000);
});
