import { z } from 'zod';
import type { ToolCallRequest } from '../../domain/agents/chatMessage.js';
import { TurnFailure } from '../../domain/log/failures.js';
import { parseBounded } from '../../domain/text/boundedJson.js';
import type { TokenUsage } from '../../domain/turns/turn.js';
import { exactUsage, tokens } from '../chatCompletions/completionUsage.js';
import { fromErrorObject } from '../errors/providerFailures.js';
import type { FinishReason, ReplyPart } from '../port.js';
import { shortList } from '../replyLimits.js';

const usageFields = z.object({
  input_tokens: tokens,
  output_tokens: tokens,
  total_tokens: tokens.nullish(),
  input_tokens_details: z.object({ cached_tokens: tokens.nullish() }).nullish(),
});

/** The largest sequence number that Postgres stores. */
const MAX_SEQUENCE = 2 ** 31 - 1;

/** The most items of a response's output, and of the content of a message. */
const MAX_ITEMS = 1_000;

const content = z.object({ type: z.string(), text: z.string().nullish(), refusal: z.string().nullish() });
const outputItem = z.object({
  type: z.string(),
  call_id: z.string().nullish(),
  name: z.string().nullish(),
  arguments: z.string().nullish(),
  content: shortList(content, MAX_ITEMS).nullish(),
});

/** The fields that are read of a response. Servers omit a field that they do not have, or send null. */
const response = z.object({
  id: z.string(),
  status: z.string().nullish(),
  model: z.string().nullish(),
  output: shortList(outputItem, MAX_ITEMS).nullish(),
  usage: z.unknown().optional(),
  error: z.unknown().optional(),
  incomplete_details: z.object({ reason: z.string().nullish() }).nullish(),
});
export type ResponseObject = z.infer<typeof response>;

const event = z.object({
  type: z.string(),
  // A number that is invalid, or too large for Postgres, counts as missing.
  sequence_number: z.number().int().nonnegative().max(MAX_SEQUENCE).nullish().catch(null),
  delta: z.unknown().optional(),
  response: response.nullish(),
  error: z.unknown().optional(),
  code: z.unknown().optional(),
});
export type ResponseEvent = z.infer<typeof event>;

export function parseEvent(frame: string): ResponseEvent {
  const parsed = event.safeParse(parseBounded(frame));
  if (!parsed.success) throw new TurnFailure('stream_broken');
  return parsed.data;
}

export function parseResponse(body: string): ResponseObject {
  const parsed = response.safeParse(parseBounded(body));
  if (!parsed.success) throw new TurnFailure('provider_error');
  return parsed.data;
}

const thinking = new Set(['response.reasoning_text.delta', 'response.reasoning_summary_text.delta']);
const texts = new Set(['response.output_text.delta', 'response.refusal.delta']);
const over = new Set(['response.completed', 'response.incomplete', 'response.failed', 'response.cancelled']);

/** The delta of an event, with its sequence number; null for an event without text. */
export function toDelta({ type, delta, sequence_number }: ResponseEvent): (ReplyPart & { type: 'delta' }) | null {
  if (typeof delta !== 'string' || delta === '') return null;
  const channel = texts.has(type) ? 'text' : thinking.has(type) ? 'thinking' : null;
  if (!channel) return null;
  const numbered = typeof sequence_number === 'number' ? { sequence: sequence_number } : {};
  return { type: 'delta', channel, text: delta, ...numbered };
}

/** The ended response, if the event is its end, else null. Throws the failure of an error event. */
export function endedBy(received: ResponseEvent): ResponseObject | null {
  if (received.type === 'error') throw fromErrorObject(received.error ?? received);
  return over.has(received.type) ? (received.response ?? null) : null;
}

/** The tool calls and the last part of an ended response. Its output is complete, also without a listener. */
export function endingOf(ended: ResponseObject, requestedModel: string): ReplyPart[] {
  const model = ended.model || requestedModel;
  const calls = callsOf(ended).map((call): ReplyPart => ({ type: 'tool_call', ...call }));
  const reason = reasonOf(ended, calls.length > 0);
  return [...calls, { type: 'finish', reason, usage: toUsage(ended.usage, model), model }];
}

/** All of a response's text. */
export const textOf = ({ output }: ResponseObject): string =>
  (output ?? [])
    .flatMap((item) => (item.type === 'message' ? (item.content ?? []) : []))
    .map(({ text, refusal }) => text ?? refusal ?? '')
    .join('');

const callsOf = ({ output }: ResponseObject): ToolCallRequest[] =>
  (output ?? []).flatMap(({ type, call_id, name, arguments: sent }) =>
    type === 'function_call' && name ? [{ id: call_id ?? '', name, arguments: sent ?? '' }] : [],
  );

function reasonOf({ status, error, incomplete_details }: ResponseObject, calls: boolean): FinishReason {
  if (status === 'failed') throw fromErrorObject(error);
  if (status === 'cancelled') throw new TurnFailure('provider_error');
  if (status === 'incomplete') return incomplete_details?.reason === 'content_filter' ? 'content_filter' : 'length';
  return calls ? 'tool_calls' : 'stop';
}

function toUsage(usage: unknown, modelId: string): TokenUsage | null {
  const parsed = usageFields.safeParse(usage);
  if (!parsed.success) return null;
  const { input_tokens, output_tokens, total_tokens, input_tokens_details } = parsed.data;
  const cached = input_tokens_details?.cached_tokens;
  return exactUsage(modelId, { prompt: input_tokens, completion: output_tokens, total: total_tokens, cached });
}
