import { z } from 'zod';
import { TurnFailure } from '../../domain/log/failures.js';
import { parseBounded } from '../../domain/text/boundedJson.js';
import { parseFrames } from '../chatCompletions/completionFrames.js';
import { errorIn, errorOf } from '../chatCompletions/streamedErrors.js';
import { fromErrorObject, notAnApi } from '../errors/providerFailures.js';
import type { SentEvent } from '../http/eventReader.js';
import { countOf, fieldsOf, isFields, jsonTextOf } from '../looseJson.js';
import { shortList } from '../replyLimits.js';

/** The most blocks of one message. */
export const MAX_BLOCKS = 1_000;

/** A field that is ignored where it has another type. */
const text = z.string().nullish().catch(null);
const index = z.unknown().optional().transform(countOf);

/** A block of a message, with all of its fields: blocks of reasoning go back unchanged. */
const block = z.looseObject({ type: z.string() });
export type MessageBlock = z.infer<typeof block>;

const delta = z.object({
  type: text,
  text,
  thinking: text,
  signature: text,
  // Some servers send the whole object.
  partial_json: z.preprocess((value) => (isFields(value) ? jsonTextOf(value) : value), text),
  citation: z.unknown().optional(),
  stop_reason: text,
});

/** Some servers send texts in place of blocks. */
const toBlocks = (content: unknown): unknown =>
  typeof content === 'string' || Array.isArray(content)
    ? [content].flat().map((each) => (typeof each === 'string' ? { type: 'text', text: each } : each))
    : content;

const message = z.object({
  model: text,
  content: z.preprocess(toBlocks, shortList(block, MAX_BLOCKS).nullish()),
  stop_reason: text,
  usage: z.unknown().optional(),
});
export type MessageObject = z.infer<typeof message>;

/** The fields that are read of an event of a stream. Unknown ones are ignored, and so are unknown types of events. */
const event = z.object({
  type: text,
  index,
  content_block: block.nullish().catch(null),
  delta: delta.nullish().catch(null),
  message: message.nullish().catch(null),
  usage: z.unknown().optional(),
  stop_reason: text,
});
export type MessageEvent = z.infer<typeof event> & {
  /** A message that was sent whole as an event. */
  whole?: MessageObject;
};

/**
 * The events in the data of one. What is no JSON object is ignored, as `null` and the text of a ping. Throws the failure that
 * an error means, and `stream_broken` for other text.
 */
export function parseEvents({ name, data }: SentEvent, requestId: string | null): MessageEvent[] {
  const isError = name === 'error';
  // An error has the id of its request beside it, so it is read here. Its text may be no JSON.
  const frames = isError
    ? [fieldsOf(parseBounded(data) ?? { error: data })]
    : parseFrames({ name: nameOf(name), data });
  return frames.map((json) => {
    throwError(json, requestId);
    if (isError) throw fromErrorObject({ request_id: requestId, ...errorOf(json) });
    const whole = json.type === 'message' && 'content' in json ? message.safeParse(json) : undefined;
    if (whole?.success) return { ...emptyEvent, whole: whole.data };
    const parsed = event.safeParse(json);
    // Without the parser's error: it quotes the data, which is prose.
    if (!parsed.success) throw new TurnFailure('stream_broken');
    return parsed.data;
  });
}

const emptyEvent = event.parse({});

/** Every event has a name here. Only those of a ping and of unknown kinds may have other data than JSON. */
const nameOf = (name: string | null): string | null => (name !== null && known.test(name) ? null : name);
const known = /^(message|content_block)(_|$)/;

/** A whole message. Throws the failure that any other answer means. */
export function parseMessage(body: string, requestId: string | null): MessageObject {
  const json = parseBounded(body);
  if (json === undefined) throw body === '' ? new TurnFailure('provider_error') : notAnApi(OK);
  throwError(json, requestId);
  if (typeof json !== 'object' || json === null || !('content' in json)) throw notAnApi(OK);
  const parsed = message.safeParse(json);
  if (!parsed.success) throw new TurnFailure('provider_error');
  return parsed.data;
}

const OK = 200;

/** An error in an answer of status 200 has the id of the request beside it or in a header. */
function throwError(json: unknown, requestId: string | null): void {
  const fields = fieldsOf(json);
  const error = errorIn(fields);
  if (error) throw fromErrorObject({ request_id: fields.request_id ?? requestId, ...error });
}
