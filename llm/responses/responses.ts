import type OpenAI from 'openai';
import { APIError } from 'openai';
import { TurnFailure } from '../../domain/log/failures.js';
import type { ProviderFact } from '../../domain/providers/providerFact.js';
import { begunParts } from '../begunParts.js';
import { withoutKey } from '../errors/errorDetail.js';
import { fromRequestError } from '../errors/providerFailures.js';
import { MAX_WHOLE } from '../http/boundedFetch.js';
import { createProviderClient, type ProviderServer } from '../http/providerClient.js';
import { readWhole } from '../http/readWhole.js';
import { hasNewImages, withImageData } from '../outgoing/images.js';
import { through } from '../partStage.js';
import { type ReplyPart, type ReplyProvider, type ReplyRequest, ReplyStopped, type Resume } from '../port.js';
import { sendAdapted } from '../profiles/adaptiveRequest.js';
import { isAboutImages } from '../profiles/imageLessons.js';
import { createLocalFacts, type LearnedFacts } from '../profiles/learnedFacts.js';
import { applyRules, plainRules } from '../profiles/requestRules.js';
import { createReceivedParts } from '../receivedParts.js';
import { type KeptParts, separatedParts } from '../separatedParts.js';
import { createSilenceClock, type SilenceClock } from '../silenceClock.js';
import { separate } from '../thinkBlocks.js';
import { endingOf, readResponseStream } from './readResponse.js';
import { parseResponse, type ResponseObject, textOfResponse } from './responseEvents.js';
import { toResponseRequest } from './responseRequest.js';

type Log = { warn(fields: object, message: string): void };

const CANCEL_MS = 5_000;

/**
 * Replies by the Responses API in background mode: the provider generates the response without a listener, and another
 * attempt resumes after the last stored event. No token is paid for twice.
 */
export function createResponses(
  options: ProviderServer & {
    /** What was learnt of the server. Left out: what this process learns. */
    facts?: LearnedFacts;
    log?: Log;
  },
): ReplyProvider {
  const client = createProviderClient(options);
  const server = { client, facts: options.facts ?? createLocalFacts(), log: options.log };

  async function cancel(responseId: string): Promise<void> {
    try {
      const asked = client.responses.cancel(responseId, { signal: AbortSignal.timeout(CANCEL_MS) });
      await (await asked.asResponse()).body?.cancel();
    } catch (error) {
      // A response that has ended or was deleted can't be cancelled.
      options.log?.warn({ responseId, status: (error as { status?: number }).status }, 'a response was not cancelled');
    }
  }

  return {
    cancel,
    async *streamReply(request, { signal, silenceMs, resume }) {
      const clock = createSilenceClock({ signal, silenceMs });
      let responseId = resume?.responseId ?? null;
      try {
        const parts = resume ? resumeResponse(client, request, resume, clock) : begin(server, request, clock);
        for await (const part of parts) {
          if (part.type === 'response') responseId = part.id;
          yield part;
          clock.signal.throwIfAborted();
        }
      } catch (thrown) {
        const error = withoutKey(thrown, options.apiKey?.trim());
        if (signal.aborted && signal.reason instanceof ReplyStopped && responseId) void cancel(responseId);
        signal.throwIfAborted();
        if (error instanceof TurnFailure)
          options.log?.warn({ requestId: request.requestId, code: error.code, fault: error.cause }, 'provider failed');
        throw error;
      } finally {
        clock.end();
      }
    },
  };
}

type Client = ReturnType<typeof createProviderClient>;

type Server = { client: Client; facts: LearnedFacts; log: Log | undefined };

async function* begin(server: Server, request: ReplyRequest, clock: SilenceClock): AsyncGenerator<ReplyPart> {
  const { client, facts, log } = server;
  const sent = await withImageData(request);
  const { model, requestId, messages } = sent;
  yield* await sendAdapted({
    ...{ model, requestId, facts, log, rules: plainRules, hasNewImages: hasNewImages(messages) },
    build: (rules) => applyRules({ ...toResponseRequest(sent, rules) }, rules),
    mayLearn: (fact) => learnt.has(fact.kind) || isAboutImages(fact),
    send(body) {
      const how = { signal: clock.signal, headers: { 'X-Client-Request-Id': requestId } };
      const asked = client.responses.create(body as unknown as Params, how);
      return clock.waitFor(asked.asResponse()).finally(clock.restart);
    },
    read: async (response) =>
      separatedParts(await begunParts(readResponseStream(response, model, clock)), { kept: noneKept }),
  });
}

/** The other kinds of facts are about parameters and messages of Chat Completions. */
const learnt: ReadonlySet<ProviderFact['kind']> = new Set(['without', 'capped', 'answers', 'schema_without']);

type Params = OpenAI.Responses.ResponseCreateParamsStreaming;

/** Reads the events after the last stored one. A response that has ended meanwhile is read whole. */
async function* resumeResponse(
  client: Client,
  request: ReplyRequest,
  resume: Resume,
  clock: SilenceClock,
): AsyncGenerator<ReplyPart> {
  const { responseId, sequence } = resume;
  const headers = { 'X-Client-Request-Id': request.requestId };
  const after = sequence === null ? {} : { starting_after: sequence };
  let streamed: Response;
  try {
    const asked = client.responses.retrieve(responseId, { stream: true, ...after }, { signal: clock.signal, headers });
    streamed = await clock.waitFor(asked.asResponse());
    clock.restart();
  } catch (error) {
    if (statusOf(error) !== 400) throw refusalOf(error);
    // Some servers stream a response only while it is generated.
    return yield* restOf(await retrieve(client, responseId, headers, clock), resume, request.model);
  }
  if (streamed.headers.get('content-type')?.includes('json'))
    return yield* restOf(await readResponse(streamed, clock), resume, request.model);
  const { text, thinking } = sequence === null ? { text: '', thinking: '' } : resume;
  const parts = readResponseStream(streamed, request.model, clock, { id: responseId, text, thinking });
  if (sequence === null) return yield* skipReceived(separatedParts(parts, { kept: keptFromStart(resume) }), resume);
  yield* separatedParts(parts, { kept: { text, hasThinking: thinking !== '', isNumbered: true } });
}

const noneKept: KeptParts = { text: '', hasThinking: false, isNumbered: false };

/** Text that is kept beside thinking follows it, so it is not what the end of a block can show to be thinking. */
const keptFromStart = ({ text, thinking }: Resume): KeptParts => ({
  ...noneKept,
  gaveText: text !== '' && thinking === '',
});

/** A response that is read from its first event on: without the text that is kept of it. */
async function* skipReceived(
  parts: AsyncIterable<ReplyPart>,
  { text, thinking, filter = (all) => all }: Resume,
): AsyncGenerator<ReplyPart> {
  const units = { text: text.length, thinking: thinking.length };
  // Counted as it was stored.
  for await (const part of through(filter(parts), createReceivedParts())) {
    if (part.type !== 'delta') {
      // What is kept as text is thinking now.
      if (part.type === 'text_was_thinking') [units.thinking, units.text] = [units.text, 0];
      yield part;
      continue;
    }
    const skipped = Math.min(units[part.channel], part.text.length);
    units[part.channel] -= skipped;
    if (skipped < part.text.length) yield { ...part, text: part.text.slice(skipped) };
  }
}

async function retrieve(client: Client, id: string, headers: Record<string, string>, clock: SilenceClock) {
  try {
    const asked = client.responses.retrieve(id, {}, { signal: clock.signal, headers });
    return await readResponse(await clock.waitFor(asked.asResponse()), clock);
  } catch (error) {
    throw refusalOf(error);
  }
}

async function readResponse(response: Response, clock: SilenceClock): Promise<ResponseObject> {
  return parseResponse(await readWhole(response, clock, MAX_WHOLE));
}

function restOf(ended: ResponseObject, resume: Resume, model: string): AsyncGenerator<ReplyPart> {
  if (ended.status === 'unfinished') throw new TurnFailure('stream_broken');
  // Thinking that the server separated itself is not read again. A block behind it is given with the text that follows.
  const hasThinking = ended.output.some(({ type }) => type === 'reasoning');
  const inText = separate(textOfResponse(ended)).thinking;
  const thinking = resume.text !== '' ? inText : hasThinking ? '' : resume.thinking;
  const kept = { ...keptFromStart(resume), hasThinking };
  return skipReceived(separatedParts(wholeOf(ended, model), { kept }), { ...resume, thinking });
}

async function* wholeOf(ended: ResponseObject, model: string): AsyncGenerator<ReplyPart> {
  const text = textOfResponse(ended);
  if (text) yield { type: 'delta', channel: 'text', text };
  yield* endingOf(ended, model);
}

const statusOf = (error: unknown) => (error instanceof APIError ? error.status : undefined);

/** The failure of a request to resume: `response_gone` if the provider no longer has the response. */
function refusalOf(error: unknown): unknown {
  if (statusOf(error) === 404) return new TurnFailure('response_gone', { spent: 'call' });
  return fromRequestError(error, Date.now()) ?? error;
}
