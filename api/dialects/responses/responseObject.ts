import type { LandedBeat, MarkItem, TurnEnd } from '../../../domain/marks/mark.js';
import { type Cut, outcomeOf } from '../../../domain/marks/outcome.js';
import type { Counts } from '../../../domain/marks/usage.js';

/** What of a request its response shows again, as the client sent it. */
export type ResponseFields = {
  model: string;
  instructions: string | null;
  previous_response_id: string | null;
  metadata: Record<string, string>;
  temperature: number | null;
  top_p: number | null;
  max_output_tokens: number | null;
  tools: unknown[];
  tool_choice: unknown;
  parallel_tool_calls: boolean;
  text: unknown;
  reasoning: unknown;
  truncation: string | null;
  store: boolean;
  background: boolean;
  service_tier: string | null;
  safety_identifier: string | null;
  prompt_cache_key: string | null;
};

export type ResponseHead = {
  /** The id of the turn. */
  id: string;
  conversation: string;
  /** Unix seconds. */
  createdAt: number;
  fields: ResponseFields;
};

export type ResponseStatus = 'queued' | 'in_progress' | 'completed' | 'incomplete' | 'cancelled' | 'failed';

export type OutputItem = { id: string; type: string } & Record<string, unknown>;

type Outcome = {
  status: ResponseStatus;
  output?: readonly OutputItem[];
  usage?: Counts | undefined;
  error?: { code: string; message: string } | null;
  reason?: string | null;
  /** Unix seconds. */
  completedAt?: number | null;
};

/** A response with all the fields that clients read; null where there is nothing. */
export function responseObject({ id, conversation, createdAt, fields }: ResponseHead, outcome: Outcome) {
  const { status, output = [], usage, error = null, reason = null, completedAt = null } = outcome;
  return {
    id,
    object: 'response' as const,
    created_at: createdAt,
    completed_at: completedAt,
    status,
    incomplete_details: reason === null ? null : { reason },
    conversation: { id: conversation },
    output,
    error,
    ...fields,
    top_logprobs: 0,
    presence_penalty: 0,
    frequency_penalty: 0,
    max_tool_calls: null,
    usage: usage ? usageObject(usage) : null,
  };
}
export type ResponseObject = ReturnType<typeof responseObject>;

const usageObject = (usage: Counts) => ({
  input_tokens: usage.promptTokens,
  input_tokens_details: { cached_tokens: usage.cachedTokens },
  output_tokens: usage.completionTokens,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: usage.promptTokens + usage.completionTokens,
});

const prefixes: Record<MarkItem['kind'], string> = { text: 'msg', thinking: 'rs', call: 'fc', result: 'fco' };

export const itemId = (responseId: string, { kind, key }: Pick<MarkItem, 'kind' | 'key'>): string =>
  `${prefixes[kind]}_${responseId.replace(/^turn_/, '')}_${key}`;

export const textPart = (text: string) => ({ type: 'output_text', text, annotations: [], logprobs: [] });
export const summaryPart = (text: string) => ({ type: 'summary_text', text });

/** An item of the output. Without a text it has just begun. */
export function outputItem(responseId: string, item: MarkItem, text: string | null): OutputItem {
  const id = itemId(responseId, item);
  const status = text === null ? 'in_progress' : 'completed';
  switch (item.kind) {
    case 'text':
      return { id, type: 'message', status, role: 'assistant', content: text === null ? [] : [textPart(text)] };
    case 'thinking':
      return { id, type: 'reasoning', status, summary: text === null ? [] : [summaryPart(text)] };
    case 'call': {
      const sent = text === null ? '' : argumentsOf(item.arguments);
      return { id, type: 'function_call', status, call_id: item.callId, name: item.name, arguments: sent };
    }
    case 'result':
      return { id, type: 'function_call_output', status, call_id: item.callId, output: item.content };
  }
}

export const argumentsOf = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value ?? {});

const cutReasons: Record<Cut, string> = { length: 'max_output_tokens', content_filter: 'content_filter' };

/** How a response ends. On the stream a cancelled one is `incomplete`: it has no event of its own. */
export function endOfResponse(
  end: TurnEnd,
  beats: readonly LandedBeat[],
): Pick<Outcome, 'status' | 'reason' | 'error'> {
  const outcome = outcomeOf(end, beats);
  switch (outcome.how) {
    case 'failed': {
      const { error } = outcome;
      const message = error ? `${error.message} (${error.code})` : 'The turn failed.';
      return { status: 'failed', error: { code: 'server_error', message } };
    }
    case 'cut':
      return { status: 'incomplete', reason: cutReasons[outcome.cut] };
    case 'stopped':
      return { status: 'cancelled', reason: 'cancelled' };
    case 'whole':
      return { status: 'completed' };
    case 'waiting':
      return { status: 'in_progress' };
  }
}
