import Anthropic from '@anthropic-ai/sdk';
import { TurnFailure } from '../../domain/log/failures.js';
import type { ErrorFields } from '../errors/errorMeaning.js';
import { fromApiError } from '../errors/providerFailures.js';
import { saidInside } from '../errors/saidInside.js';
import type { LearnedFacts } from '../profiles/learnedFacts.js';
import type { SilenceClock } from '../silenceClock.js';
import { type Body, type Lesson, lessonOf, type ModelFacts, outdatedBy, type Refusal } from './modelFacts.js';
import { toModelFacts, toProviderFacts } from './storedFacts.js';

type Log = { warn(fields: object, message: string): void };
export type Connection = { client: Anthropic; facts: LearnedFacts; log?: Log | undefined };

/** How often one request is changed after a refusal. */
const MAX_LESSONS = 5;

type Asked<T> = {
  model: string;
  requestId: string;
  toBody: (facts: ModelFacts) => Body;
  /** The message that is answered has images; a model that takes none is not asked. */
  needsImages?: boolean;
  /** Reads the response, or its beginning. Where that fails with an error that the response holds, it was refused. */
  read: (response: Response) => Promise<T>;
};

/**
 * Sends a request. Where the server refuses something optional of it, sends it again without that, and once this was
 * accepted, from then on all requests of the model. Throws the `TurnFailure` that a refusal or a broken connection means.
 */
export async function requestMessage<T>(
  { client, facts, log }: Connection,
  { model, requestId, toBody, needsImages = false, read }: Asked<T>,
  clock: SilenceClock,
): Promise<T> {
  const plan = createPlan(model, await facts.read(model), facts);
  for (let left = MAX_LESSONS; ; left--) {
    if (needsImages) mustTakeImages(plan, left === MAX_LESSONS);
    const body = toBody(plan.known());
    let accepted = false;
    try {
      const response = await clock.waitFor(send(client, body, requestId, clock.signal));
      accepted = true;
      const result = await read(response);
      plan.confirm();
      return result;
    } catch (error) {
      const refusal = refusalIn(error);
      if (accepted && refusal === null) plan.confirm();
      const adapted = refusal && left > 0 ? plan.learn(refusal, body) : null;
      if (!adapted) throw error instanceof Anthropic.APIError ? failureOf(error, fieldsOf(error)) : error;
      log?.warn({ requestId, model, adapted }, 'the provider refused a part of the request: sent without it');
    }
  }
}

/** The facts of one request: those that are stored, and what its refusals teach. */
function createPlan(model: string, stored: Awaited<ReturnType<LearnedFacts['read']>>, facts: LearnedFacts) {
  let kept = toModelFacts(stored);
  let own: ModelFacts = {};
  const lasting: ModelFacts = {};
  return {
    known: (): ModelFacts => ({ ...kept, ...own }),
    /** What the next request has otherwise; null where it would be the same. */
    learn(refusal: Refusal, body: Body): ModelFacts | null {
      const wrong = outdatedBy(refusal, kept);
      if (wrong !== null) {
        const { [wrong]: gone, ...rest } = kept;
        kept = rest;
        facts.forgotten(model, toProviderFacts({ [wrong]: gone }));
        return { [wrong]: undefined };
      }
      const lesson = lessonOf(refusal, body);
      if (!lesson || isKnown(lesson, { ...kept, ...own })) return null;
      own = { ...own, ...lesson.facts };
      if (lesson.lasting) Object.assign(lasting, lesson.facts);
      return lesson.facts;
    },
    confirm(): void {
      const lessons = toProviderFacts(lasting).map((fact) => ({ fact, keep: 'weeks' as const }));
      if (lessons.length > 0) facts.learned(model, lessons);
    },
  };
}

/** By `post`, because `messages.create` writes warnings about models to the console. */
const send = (client: Anthropic, body: Body, requestId: string, signal: AbortSignal): Promise<Response> =>
  client
    .post('/v1/messages', {
      body,
      stream: body.stream ?? false,
      signal,
      headers: { 'X-Client-Request-Id': requestId },
    })
    .asResponse();

/** Null for an error that is no refusal. */
function refusalIn(error: unknown): Refusal | null {
  if (error instanceof Anthropic.APIError) return { status: error.status, message: fieldsOf(error).message };
  const said = error instanceof TurnFailure ? saidInside(error) : undefined;
  const isRefused =
    error instanceof TurnFailure && (error.code === 'provider_refused' || error.code === 'context_too_long');
  return said && isRefused ? { status: 400, message: said.message } : null;
}

const fieldsOf = ({ error }: InstanceType<typeof Anthropic.APIError>): ErrorFields =>
  (error as { error?: ErrorFields } | undefined)?.error ?? {};

const failureOf = (
  { status, headers, requestID, cause }: InstanceType<typeof Anthropic.APIError>,
  error: ErrorFields,
) => fromApiError({ status, headers, requestID, error, cause }, Date.now());

/**
 * The same request without the images would be another one: it is not sent. The fact is kept at once, because no other
 * request has the images.
 */
function mustTakeImages(plan: { known(): ModelFacts; confirm(): void }, isUnasked: boolean): void {
  if (plan.known().images !== 'none') return;
  plan.confirm();
  throw new TurnFailure('images_unsupported', { spent: isUnasked ? 'nothing' : 'call' });
}

/** A refusal that teaches nothing new would be answered by the same request. */
const isKnown = ({ facts }: Lesson, known: ModelFacts): boolean =>
  Object.entries(facts).every(([name, value]) => known[name as keyof ModelFacts] === value);
