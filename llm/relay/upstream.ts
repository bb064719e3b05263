import { z } from 'zod';
import { TurnFailure } from '../../domain/log/failures.js';
import {
  doneFields,
  noMeta,
  type RelayFrame,
  type RelayRequest,
  relayFrame,
  toEnd,
  toMeta,
} from '../../domain/relay/relay.js';
import { parseBounded } from '../../domain/text/boundedJson.js';
import { bounded, runBounded } from '../../lib/bounded.js';
import { createBoundedFetch, MAX_WHOLE } from '../http/boundedFetch.js';
import { createEventReader, type SentEvent } from '../http/eventReader.js';
import { readPiece } from '../http/readPiece.js';
import { readWhole } from '../http/readWhole.js';
import type { ReplyPart } from '../port.js';
import { MAX_STREAM } from '../replyLimits.js';
import { createSilenceClock, type SilenceClock } from '../silenceClock.js';
import { mintJwt } from './mintJwt.js';
import { cannotStream, fromErrorFrame, fromRefusal, type Refusal } from './upstreamFailures.js';

export type UpstreamOptions = {
  baseUrl: string;
  token: string | undefined;
  jwtSecret: string | undefined;
  /** The longest time of a turn, also with heartbeats, in milliseconds. */
  totalMs: number;
};

/** Another chat service that answers the turns of relay chats. */
export type Upstream = {
  /** Streams one turn; throws as a `ReplyProvider` does. `requestId` stands in the logs of both services. */
  answer(
    request: RelayRequest & { requestId: string },
    options: { signal: AbortSignal; silenceMs: number },
  ): AsyncIterable<ReplyPart>;
};

/** Streams are read by `eventReader.ts`, which has its own bound. */
const fetch = createBoundedFetch(globalThis.fetch, { ownReader: true });

const HEALTH_MS = 5_000;
const MODEL = 'relay';

export function createUpstream(options: UpstreamOptions): Upstream {
  const base = options.baseUrl.replace(/\/+$/, '');
  return {
    async *answer(request, { signal, silenceMs }) {
      const total = bounded(signal, options.totalMs);
      const clock = createSilenceClock({ signal: total.signal, silenceMs });
      try {
        await mustBeHealthy(base, clock.signal);
        const call = { method: 'POST', headers: headersOf(options, request), body: await bodyOf(options, request) };
        const streamed = await post(`${base}/chat/turn/stream`, { ...call, accept: 'text/event-stream' }, clock);
        if (streamed.ok) yield* readStream(streamed, clock);
        else yield* answerWhole(await refusalOf(streamed, clock), () => post(`${base}/chat/turn`, call, clock), clock);
      } catch (error) {
        signal.throwIfAborted();
        if (total.signal.aborted) throw new TurnFailure('upstream_timeout');
        if (error instanceof TurnFailure && error.code === 'provider_silent') throw new TurnFailure('upstream_silent');
        throw error;
      } finally {
        clock.end();
        total.end();
      }
    },
  };
}

/** Throws `upstream_unreachable` unless the upstream's `/health` answers 2xx in time. */
async function mustBeHealthy(base: string, signal: AbortSignal): Promise<void> {
  try {
    const response = await runBounded(signal, HEALTH_MS, async (limit) => {
      const answer = await fetch(`${base}/health`, { signal: limit });
      await answer.body?.cancel();
      return answer;
    });
    if (!response.ok)
      throw new TurnFailure('upstream_unreachable', { cause: { status: response.status }, spent: 'nothing' });
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof TurnFailure
      ? error
      : new TurnFailure('upstream_unreachable', { cause: error, spent: 'nothing' });
  }
}

function headersOf({ token }: UpstreamOptions, { requestId }: { requestId: string }): Record<string, string> {
  return {
    'content-type': 'application/json',
    'x-client-request-id': requestId,
    ...(token ? { authorization: `Bearer ${token}` } : {}),
  };
}

async function bodyOf({ jwtSecret }: UpstreamOptions, request: RelayRequest & { requestId: string }): Promise<string> {
  const { persona, username, userId, sessionId, message, primer, requestId } = request;
  const jwt = jwtSecret ? await mintJwt(jwtSecret, { userId, sessionId }) : undefined;
  return JSON.stringify({
    persona,
    username,
    user_id: userId,
    session_id: sessionId,
    message,
    ...(jwt ? { jwt } : {}),
    ...(primer?.length ? { primer } : {}),
    meta: { request_id: requestId },
  });
}

type Call = { method: string; headers: Record<string, string>; body: string; accept?: string };

async function post(url: string, { accept = 'application/json', headers, ...call }: Call, clock: SilenceClock) {
  try {
    const response = await clock.waitFor(
      fetch(url, { ...call, headers: { ...headers, accept }, signal: clock.signal, redirect: 'error' }),
    );
    clock.restart();
    return response;
  } catch (error) {
    clock.signal.throwIfAborted();
    throw new TurnFailure('upstream_unreachable', { cause: error });
  }
}

async function* readStream(response: Response, clock: SilenceClock): AsyncGenerator<ReplyPart> {
  let meta = noMeta;
  for await (const event of eventsOf(response, clock)) {
    if (event.name === 'heartbeat') yield* heartbeat(event.data);
    if (event.name !== null && event.name !== 'message') continue;
    const frame = toFrame(event.data);
    if (!frame) continue;
    if (frame.type === 'error') throw fromErrorFrame(frame);
    if (frame.type === 'chunk' && frame.content) yield { type: 'delta', channel: 'text', text: frame.content };
    if (frame.type === 'meta') {
      meta = toMeta(frame, meta);
      yield { type: 'meta', meta };
    }
    if (frame.type === 'done') return yield finish(frame);
  }
  throw new TurnFailure('stream_broken');
}

async function* eventsOf(response: Response, clock: SilenceClock): AsyncGenerator<SentEvent> {
  if (!response.body) throw new TurnFailure('stream_broken');
  const body: ReadableStreamDefaultReader<Uint8Array> = response.body.getReader();
  const reader = createEventReader({ onComment: clock.keepAlive });
  let size = 0;
  for (;;) {
    const { done, value } = await clock.waitFor(readPiece(body));
    size += value?.length ?? 0;
    if (size > MAX_STREAM) throw new TurnFailure('reply_too_large');
    const events = done ? reader.end() : reader.push(value);
    if (events.length > 0) clock.restart();
    yield* events;
    if (done) return;
  }
}

const heartbeatData = z.object({ elapsed_seconds: z.number() });

function* heartbeat(data: string): Generator<ReplyPart> {
  const parsed = heartbeatData.safeParse(parseBounded(data));
  if (parsed.success) yield { type: 'heartbeat', elapsedSeconds: parsed.data.elapsed_seconds };
}

/** Null for a frame of an unknown type. Throws `stream_broken` for a frame that can't be parsed. */
function toFrame(data: string): RelayFrame | null {
  const json = parseBounded(data);
  const parsed = relayFrame.safeParse(json);
  if (parsed.success) return parsed.data;
  const type = (json as { type?: unknown } | undefined)?.type;
  if (typeof type === 'string' && !['chunk', 'meta', 'done', 'error'].includes(type)) return null;
  throw new TurnFailure('stream_broken');
}

function finish(fields: z.infer<typeof doneFields>): ReplyPart {
  return { type: 'finish', reason: 'stop', usage: null, model: MODEL, relay: toEnd(fields) };
}

const wholeAnswer = doneFields.extend({ response: z.string(), meta: z.unknown().optional() });

/** The same turn as one answer, for an upstream that can't stream. Throws every other refusal. */
async function* answerWhole(
  refusal: Refusal,
  ask: () => Promise<Response>,
  clock: SilenceClock,
): AsyncGenerator<ReplyPart> {
  if (!cannotStream(refusal)) throw fromRefusal(refusal);
  const response = await ask();
  const answered = await refusalOf(response, clock);
  if (!response.ok) throw fromRefusal(answered);
  const parsed = wholeAnswer.safeParse(parseBounded(answered.body));
  if (!parsed.success) throw new TurnFailure('bad_answer');
  if (parsed.data.response) yield { type: 'delta', channel: 'text', text: parsed.data.response };
  if (parsed.data.meta) yield { type: 'meta', meta: toMeta(parsed.data.meta) };
  yield finish(parsed.data);
}

async function refusalOf(response: Response, clock: SilenceClock): Promise<Refusal> {
  return { status: response.status, headers: response.headers, body: await readWhole(response, clock, MAX_WHOLE) };
}
