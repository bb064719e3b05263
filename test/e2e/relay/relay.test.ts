import { EventEmitter } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Chat } from '../../../client/src/index.js';
import { createPool } from '../../../db/core/pool.js';
import { rebuildChat } from '../../../db/timeline/rebuild/rebuildChat.js';
import type { EventData } from '../../../domain/log/events.js';
import { type NarrativeWorld, type Played, startNarrativeWorld } from '../../support/chats/narrativeWorld.js';
import {
  answering,
  beat,
  chunk,
  done,
  frame,
  type ScriptedUpstream,
  startScriptedUpstream,
  streaming,
} from '../../support/provider/scriptedUpstream.js';
import { until } from '../../support/until.js';

let world: NarrativeWorld;
let upstream: ScriptedUpstream;
beforeAll(async () => {
  upstream = await startScriptedUpstream();
  world = await startNarrativeWorld({
    UPSTREAM_BASE_URL: upstream.baseUrl,
    REPLY_ATTEMPTS: '3',
    REPLY_SILENCE_MS: '1500',
  });
}, 180_000);
afterAll(async () => {
  await world?.dispose();
  await upstream?.close();
}, 60_000);
afterEach(() => {
  upstream.calls.length = 0;
  upstream.script(streaming(chunk('Hello.'), done()));
});

async function newRelay(settings: object = {}): Promise<Chat> {
  const wish = { kind: 'relay', persona: 'guide', ...settings };
  return (await world.service().client.send<Chat>('POST', '/v1/chats', wish)).body;
}
const replyOf = ({ events }: Played): EventData<'assistant_turn'> =>
  events.flatMap((event) => (event.kind === 'assistant_turn' ? [event.data] : []))[0]!;
const meta = frame({ type: 'meta', used_tools: ['sql'], rows_seen: 3, classifier_tag: 'data' });

describe('a relayed turn', () => {
  test('shows its tokens, heartbeats and metadata, and stores all of them', async () => {
    const chat = await newRelay({ sessionId: 'mine' });
    const viewer = world.watch(chat.id);
    await viewer.until('hello', () => viewer.frames.some(({ type }) => type === 'hello'));
    upstream.script(streaming(beat(5), chunk('See [[One]] '), chunk('and [[Two]].'), meta, done()));
    const played = await world.play(chat.id, 'Hello?');
    expect(played.turn).toMatchObject({ status: 'completed', kind: 'relay', usage: { certainty: 'estimated' } });
    expect(replyOf(played)).toMatchObject({
      text: 'See [[One]] and [[Two]].',
      truncated: false,
      relay: {
        usedTools: ['sql'],
        rowsSeen: ['3'],
        classifierTag: 'data',
        conversationId: 'conv-1',
        durationMs: 1234,
        chips: 2,
      },
    });
    await viewer.untilEnd(played.turn.id);
    const types = viewer.frames.flatMap(({ type }) => (['heartbeat', 'token', 'meta'].includes(type) ? [type] : []));
    expect([...new Set(types)]).toEqual(['heartbeat', 'token', 'meta']);
    expect(viewer.frames).toContainEqual({
      type: 'meta',
      turnId: played.turn.id,
      usedTools: ['sql'],
      rowsSeen: ['3'],
      classifierTag: 'data',
    });
    expect(viewer.frames).toContainEqual({ type: 'heartbeat', turnId: played.turn.id, elapsedSeconds: 5 });
    expect(upstream.calls[0]?.body).toMatchObject({
      session_id: 'mine',
      message: 'Hello?',
      persona: 'guide',
      user_id: 'local',
    });
  }, 60_000);

  test.each([
    ['lists of texts', { used_tools: ['sql'], rows_seen: ['users', 7], classifier_tag: 'data' }, ['users', '7']],
    ['single words', { used_tools: 'sql', rows_seen: 'users', classifier_tag: ['data'] }, ['users']],
    [
      'objects',
      { used_tools: [{ name: 'sql' }], rows_seen: [{ id: 'users' }], classifier_tag: { name: 'data' } },
      ['users'],
    ],
  ])(
    'is complete when its meta event has %s and is sent twice',
    async (_, sent, rowsSeen) => {
      const chat = await newRelay();
      const said = { type: 'meta', ...sent, more: { a: [null] } };
      upstream.script(
        streaming(
          frame({ type: 'meta' }),
          chunk('Yes.'),
          frame(said),
          frame({ type: 'meta', rows_seen: null }),
          done(),
        ),
      );
      const played = await world.play(chat.id);
      expect(played.turn.status).toBe('completed');
      expect(replyOf(played)).toMatchObject({
        text: 'Yes.',
        relay: { usedTools: ['sql'], rowsSeen, classifierTag: 'data' },
      });
    },
    60_000,
  );

  test('primes its session once, and again when the upstream has lost it', async () => {
    const chat = await newRelay();
    const primers: unknown[] = [];
    const ask = async (text: string, end = done()) => {
      upstream.script(streaming(chunk(`To ${text}`), end));
      await world.play(chat.id, text);
      primers.push(upstream.calls.at(-1)?.body.primer);
    };
    await ask('one', done({ pane_spawned: true }));
    await ask('two');
    await ask('three', done({ pane_spawned: true }));
    await ask('four');
    await ask('five');
    const said = (...lines: string[]) =>
      lines.flatMap((line) => [
        { role: 'user', content: line },
        { role: 'assistant', content: `To ${line}` },
      ]);
    expect(primers).toEqual([undefined, said('one'), undefined, said('one', 'two', 'three'), undefined]);
    expect(new Set(upstream.calls.map(({ body }) => body.session_id))).toEqual(new Set([chat.id]));
  }, 60_000);

  test('that fails with a transient error is retried in its session, and the message is appended once', async () => {
    const chat = await newRelay();
    upstream.script((response, call) =>
      (upstream.calls.length < 3
        ? streaming(chunk('Lost'), frame({ type: 'error', code: 'busy', message: 'x', retryable: true }))
        : streaming(chunk('Found.'), done()))(response, call),
    );
    const played = await world.play(chat.id);
    expect([played.turn.status, replyOf(played).text]).toEqual(['completed', 'Found.']);
    expect(upstream.calls.map(({ body }) => body.session_id)).toEqual([chat.id, chat.id, chat.id]);
    expect(played.events.filter(({ kind }) => kind === 'user_turn')).toHaveLength(1);
  }, 60_000);

  test.each([
    ['a final error', frame({ type: 'error', code: 'no', message: 'x', retryable: false }), 'upstream_refused', 1],
    ['a clean end with no content', done(), 'empty_reply', 3],
    ['an end before done', '', 'stream_broken', 3],
  ])(
    'that fails with %s keeps its text so far and that code',
    async (_, last, code, calls) => {
      const chat = await newRelay();
      const begun = code === 'empty_reply' ? [] : [chunk('So far.')];
      upstream.script(streaming(...begun, last));
      const played = await world.play(chat.id);
      expect(played.turn).toMatchObject({ status: 'failed', error: { code } });
      expect(replyOf(played)).toMatchObject({
        text: begun.length > 0 ? 'So far.' : '',
        truncated: true,
        error: { code },
      });
      expect(upstream.calls).toHaveLength(calls);
    },
    60_000,
  );

  test('that cannot be streamed is requested whole, without an error', async () => {
    const chat = await newRelay();
    upstream.script((response, call) =>
      (call.path.endsWith('/stream')
        ? answering(400, { error: { code: 'unsupported_streaming', message: 'x' } })
        : answering(200, { response: 'Whole.', meta: { used_tools: ['a'] }, conversation_id: 'c', duration_ms: 9 }))(
        response,
        call,
      ),
    );
    const viewer = world.watch(chat.id);
    const played = await world.play(chat.id);
    expect(replyOf(played)).toMatchObject({
      text: 'Whole.',
      relay: { usedTools: ['a'], conversationId: 'c', durationMs: 9 },
    });
    await viewer.untilEnd(played.turn.id);
    expect(viewer.frames.filter(({ type }) => type === 'error' || type === 'restart')).toEqual([]);
  }, 60_000);

  test('survives the loss of its viewer, worker and api, and shows its progress and then its answer', async () => {
    const chat = await newRelay();
    const allowed = new EventEmitter();
    let finished = false;
    const finish = () => {
      finished = true;
      allowed.emit('finish');
    };
    // The second attempt's request may come before the rest is allowed, or after.
    upstream.script((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(chunk('So far. '));
      const end = () => {
        response.end(chunk('The rest.') + done());
      };
      const beating = setInterval(() => response.write(beat(1)), 200);
      if (finished) end();
      else allowed.once('finish', end);
      response.on('close', () => {
        clearInterval(beating);
        allowed.off('finish', end);
      });
    });
    const { client } = world.service();
    const turn = await client.postTurn(chat.id, 'Hello?');
    const soFar = (attempt: number) =>
      until('the text so far', async () => {
        const seen = await client.getTurn(turn.id);
        return seen.beats[0]?.text === 'So far. ' && seen.beats[0].attempt >= attempt ? seen : null;
      });
    expect(await soFar(1)).toMatchObject({
      status: 'running',
      phase: 'replying',
      steps: [{ name: 'reply:0', status: 'running' }],
    });
    for (const name of ['worker', 'api'] as const) {
      const dead = await world.service().kill(name, 'SIGKILL');
      await world.service().waitForRestart(name, dead);
    }
    await soFar(2);
    finish();
    const { turn: ended } = await world.ended(turn.id);
    expect(ended).toMatchObject({ status: 'completed', beats: [{ text: 'So far. The rest.' }] });
  }, 120_000);
});

test('a rebuild of a relay chat finds no difference, and repairs a projection that was lost', async () => {
  const chat = await newRelay();
  upstream.script(streaming(chunk('Hello.'), meta, done()));
  for (const text of ['One.', 'Two.']) await world.play(chat.id, text);
  const pool = createPool((await world.service().run()).databaseUrl, { max: 1 });
  try {
    expect(await rebuildChat(pool, chat.id, { check: true })).toEqual({ outcome: 'compared', differences: [] });
    const listed = await world.list('/v1/chats');
    await pool.query('delete from chat_summaries where chat_id = $1', [chat.id]);
    expect(await rebuildChat(pool, chat.id, { check: false })).toMatchObject({
      differences: [{ table: 'chat_summaries', missing: 1, extra: 0, changed: 0 }],
    });
    expect(await world.list('/v1/chats')).toEqual(listed);
  } finally {
    await pool.end();
  }
}, 60_000);
