import { z } from 'zod';
import { TurnFailure } from '../../domain/log/failures.js';
import { parseBounded } from '../../domain/text/boundedJson.js';
import { fromErrorObject, notAnApi } from '../errors/providerFailures.js';
import { shortList } from '../replyLimits.js';

/** The most blocks of one message. */
export const MAX_BLOCKS = 1_000;

/** A field that is ignored where it has another type. */
const text = z.string().nullish().catch(null);
const index = z.number().int().nonnegative().nullish().catch(null);

/** A block of a message, with all of its fields: blocks of reasoning go back unchanged. */
const block = z.looseObject({ type: z.string() });
export type MessageBlock = z.infer<typeof block>;

const delta = z.object({
  type: text,
  text,
  thinking: text,
  signature: text,
  partial_json: text,
  citation: z.unknown().optional(),
  stop_reason: text,
});

const message = z.object({
  model: text,
  content: shortList(block, MAX_BLOCKS).nullish(),
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
});
export type MessageEvent = z.infer<typeof event>;

/** Throws `stream_broken` when the data is no event, and the failure that an error object means. */
export function parseEvent(data: string, requestId: string | null): MessageEvent {
  const json = parseBounded(data);
  throwError(json, requestId);
  const parsed = event.safeParse(json);
  // Without the parser's error: it quotes the data, which is prose.
  if (!parsed.success) throw new TurnFailure('stream_broken');
  return parsed.data;
}

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
  if (typeof json !== 'object' || json === null || !('error' in json) || !json.error) return;
  const { error, request_id } = json as { error: unknown; request_id?: unknown };
  const fields = typeof error === 'object' ? error : {};
  throw fromErrorObject({ request_id: request_id ?? requestId, ...fields });
}
