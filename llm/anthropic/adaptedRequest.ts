import Anthropic from '@anthropic-ai/sdk';
import type { ErrorFields } from '../errors/errorMeaning.js';
import { fromApiError } from '../errors/providerFailures.js';
import type { SilenceClock } from '../silenceClock.js';
import { type Body, type FactStore, type Lesson, lessonOf, type ModelFacts } from './modelFacts.js';

type Log = { warn(fields: object, message: string): void };
export type Connection = { client: Anthropic; facts: FactStore; log?: Log | undefined };

/** How often one request is changed after a refusal. */
const MAX_LESSONS = 5;

/**
 * Sends a request. Where the server refuses something optional of it, sends it again without that, and from then on all
 * requests of the model. The response's body is not read yet. Throws the `TurnFailure` that a refusal or a broken
 * connection means.
 */
export async function requestMessage(
  { client, facts, log }: Connection,
  { model, requestId, toBody }: { model: string; requestId: string; toBody: (facts: ModelFacts) => Body },
  clock: SilenceClock,
): Promise<Response> {
  let known = facts.of(model);
  for (let lessons = 0; ; lessons++) {
    const body = toBody(known);
    try {
      return await clock.waitFor(send(client, body, requestId, clock.signal));
    } catch (error) {
      if (!(error instanceof Anthropic.APIError)) throw error;
      const fields = fieldsOf(error);
      const lesson = lessons < MAX_LESSONS ? lessonOf({ status: error.status, message: fields.message }, body) : null;
      if (!lesson || isKnown(lesson, known)) throw failureOf(error, fields);
      known = { ...known, ...lesson.facts };
      if (lesson.lasting) facts.add(model, lesson.facts);
      log?.warn(
        { requestId, model, adapted: lesson.facts },
        'the provider refused a part of the request: sent without it',
      );
    }
  }
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

const fieldsOf = ({ error }: InstanceType<typeof Anthropic.APIError>): ErrorFields =>
  (error as { error?: ErrorFields } | undefined)?.error ?? {};

const failureOf = (
  { status, headers, requestID, cause }: InstanceType<typeof Anthropic.APIError>,
  error: ErrorFields,
) => fromApiError({ status, headers, requestID, error, cause }, Date.now());

/** A refusal that teaches nothing new would be answered by the same request. */
const isKnown = ({ facts }: Lesson, known: ModelFacts): boolean =>
  Object.entries(facts).every(([name, value]) => known[name as keyof ModelFacts] === value);
