import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { jwtVerify } from 'jose';
import type { TurnFailure } from '../../../domain/log/failures.js';
import type { ReplyPart } from '../../../llm/port.js';
import { createUpstream } from '../../../llm/relay/upstream.js';
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

let upstream: ScriptedUpstream;
beforeAll(async () => {
  upstream = await startScriptedUpstream();
});
afterAll(() => upstream.close());
beforeEach(() => {
  upstream.calls.length = 0;
  upstream.healthy(true);
});

const request = {
  persona: 'guide',
  username: 'Ann',
  userId: 'ann',
  sessionId: 's-1',
  message: 'Hello?',
  primer: null,
  requestId: 'turn_1/reply:0/1',
};
type Options = {
  silenceMs?: number;
  totalMs?: number;
  jwtSecret?: string;
  primer?: { role: 'user'; content: string }[];
};

async function ask({ silenceMs = 5_000, totalMs = 10_000, jwtSecret, primer }: Options = {}) {
  const relay = createUpstream({ baseUrl: `${upstream.baseUrl}/`, token: 'tok', jwtSecret, totalMs });
  const parts: ReplyPart[] = [];
  let failure: TurnFailure | undefined;
  try {
    const options = { signal: new AbortController().signal, silenceMs };
    for await (const part of relay.answer({ ...request, primer: primer ?? null }, options)) parts.push(part);
  } catch (error) {
    failure = error as TurnFailure;
  }
  return {
    parts,
    text: parts.map((part) => (part.type === 'delta' ? part.text : '')).join(''),
    code: failure?.code,
    failure,
  };
}
const typesOf = (parts: ReplyPart[]) => parts.map(({ type }) => type);
const meta = { type: 'meta', used_tools: ['sql'], rows_seen: 3, classifier_tag: 'data' };

describe('a relayed turn', () => {
  test('is requested in its session, with the token and the user', async () => {
    upstream.script(streaming(chunk('Hi '), beat(5), chunk('there.'), frame(meta), done()));
    const { parts, text } = await ask();
    expect(upstream.calls).toMatchObject([
      {
        path: '/base/chat/turn/stream',
        headers: { authorization: 'Bearer tok', 'x-client-request-id': request.requestId },
        body: { persona: 'guide', username: 'Ann', user_id: 'ann', session_id: 's-1', message: 'Hello?' },
      },
    ]);
    expect(upstream.calls[0]?.body).not.toHaveProperty('primer');
    expect(upstream.calls[0]?.body).not.toHaveProperty('jwt');
    expect([text, typesOf(parts)]).toEqual(['Hi there.', ['delta', 'heartbeat', 'delta', 'meta', 'finish']]);
    expect(parts.slice(-2)).toEqual([
      { type: 'meta', meta: { usedTools: ['sql'], rowsSeen: ['3'], classifierTag: 'data' } },
      expect.objectContaining({ relay: { conversationId: 'conv-1', durationMs: 1234, paneSpawned: false } }),
    ]);
  });

  test('sends a signed token for its user that is valid for five minutes', async () => {
    upstream.script(streaming(chunk('Hi.'), done()));
    const jwtSecret = 'a secret of both';
    await ask({ jwtSecret, primer: [{ role: 'user', content: 'Before.' }] });
    const { payload, protectedHeader } = await jwtVerify(
      String(upstream.calls[0]?.body.jwt),
      new TextEncoder().encode(jwtSecret),
    );
    expect([protectedHeader.alg, payload.sub, payload.sid]).toEqual(['HS256', 'ann', 's-1']);
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(300);
    expect(upstream.calls[0]?.body.primer).toEqual([{ role: 'user', content: 'Before.' }]);
  });

  test.each<[string, string[]]>([
    ['CRLF', [chunk('a').replaceAll('\n', '\r\n'), done().replaceAll('\n', '\r\n')]],
    ['data over several lines', ['data: {"type":"chunk",\ndata: "content":"a"}\n\n', done()]],
    ['comments and unknown fields', [': hello\n\nretry: x\nfoo: bar\nid: 1\n', chunk('a'), ':\n', done()]],
    ['unknown events and kinds', ['event: other\ndata: {}\n\n', frame({ type: 'new' }), chunk('a'), done()]],
    ['a last frame without its blank line', [chunk('a'), done().trimEnd()]],
    ['no space behind the colon', [chunk('a').replace('data: ', 'data:'), done()]],
    ['bytes cut anywhere', [...`${chunk('a')}${done()}`]],
  ])('is read from %s', async (_, pieces) => {
    upstream.script(streaming(...pieces));
    expect(await ask()).toMatchObject({ text: 'a', code: undefined });
  });

  test('that cannot be streamed is fetched in one piece, with the same order of parts', async () => {
    for (const error of [
      { code: 'unsupported_streaming', message: 'no' },
      { code: 'bad_request', message: 'unsupported_streaming here' },
    ]) {
      upstream.calls.length = 0;
      upstream.script((response, call) =>
        call.path.endsWith('/stream')
          ? answering(400, { error })(response, call)
          : answering(200, { response: 'Whole.', meta, pane_spawned: true, conversation_id: 'c', duration_ms: 5 })(
              response,
              call,
            ),
      );
      const { parts, text } = await ask();
      expect([text, typesOf(parts)]).toEqual(['Whole.', ['delta', 'meta', 'finish']]);
      expect(parts.at(-1)).toMatchObject({ relay: { conversationId: 'c', durationMs: 5, paneSpawned: true } });
      expect(upstream.calls.map(({ path }) => path)).toEqual(['/base/chat/turn/stream', '/base/chat/turn']);
      expect(upstream.calls[1]?.body).toEqual(upstream.calls[0]?.body);
    }
  });

  test.each<[string, Parameters<ScriptedUpstream['script']>[0], string, boolean]>([
    [
      'an error that may pass',
      streaming(chunk('a'), frame({ type: 'error', code: 'busy', message: 'x', retryable: true })),
      'upstream_error',
      true,
    ],
    [
      'an error that is final',
      streaming(frame({ type: 'error', code: 'no', message: 'x', retryable: false })),
      'upstream_refused',
      false,
    ],
    ['400', answering(400, { error: { code: 'bad', message: 'secret' } }), 'upstream_refused', false],
    ['401', answering(401, { error: { code: 'who', message: 'x' } }), 'upstream_refused', false],
    ['429', answering(429, { error: { code: 'slow', message: 'x' } }, { 'retry-after': '2' }), 'upstream_error', true],
    ['503', answering(503, {}), 'upstream_error', true],
    ['an end before done', streaming(chunk('a')), 'stream_broken', true],
    ['a frame that is none', streaming(chunk('a'), 'data: {"type":"chunk","content":5}\n\n'), 'stream_broken', true],
    ['a reset', (response) => void response.socket?.resetAndDestroy(), 'upstream_unreachable', true],
  ])('that ends with %s fails with its code', async (_, script, code, retried) => {
    upstream.script(script);
    const { failure } = await ask();
    expect([failure?.code, failure?.retried]).toEqual([code, retried]);
    expect(JSON.stringify(failure?.cause ?? '')).not.toContain('secret');
    if (_ === '429') expect(failure?.retryAfterMs).toBe(2_000);
  });

  test('is not requested while the upstream is unhealthy', async () => {
    upstream.healthy(false);
    expect((await ask()).code).toBe('upstream_unreachable');
    expect(upstream.calls).toEqual([]);
  });

  test('is not silent while the upstream sends comments', async () => {
    upstream.script(async (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (let n = 0; n < 8; n++) {
        response.write(': keep-alive\n\n');
        await new Promise((resolve) => setTimeout(resolve, 250));
      }
      response.end(chunk('Late.') + done());
    });
    expect(await ask({ silenceMs: 1_200 })).toMatchObject({ text: 'Late.', code: undefined });
  });

  test('counts as silent without frames, but not with heartbeats, and ends at its time limit anyway', async () => {
    upstream.script((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(chunk('a'));
    });
    expect((await ask({ silenceMs: 150 })).code).toBe('upstream_silent');
    upstream.script((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      let elapsed = 0;
      const beating = setInterval(() => response.write(beat(++elapsed)), 30);
      response.on('close', () => clearInterval(beating));
    });
    const { code, parts } = await ask({ silenceMs: 150, totalMs: 700 });
    expect(code).toBe('upstream_timeout');
    expect(parts.length).toBeGreaterThan(5);
  });
});
