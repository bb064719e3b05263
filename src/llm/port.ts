import type { ChatMessage, ToolCallRequest } from '../domain/chatMessage.js';
import type { Channel } from '../domain/frames.js';
import type { TokenUsage } from '../domain/turn.js';

export type ReplyRequest = {
  model: string;
  messages: ChatMessage[];
  /** What the model may call. */
  tools?: ToolOffer[];
  /** TURN/STEP/ATTEMPT: what the provider's log and ours have in common. */
  requestId: string;
  maxTokens?: number;
  temperature?: number;
};

/** A tool as providers are told of it; `parameters` is a JSON Schema. */
export type ToolOffer = { name: string; description: string; parameters: object };

export type FinishReason = 'stop' | 'length' | 'content_filter' | 'tool_calls';

export type ReplyPart =
  | { type: 'delta'; channel: Channel; text: string }
  /** Whole, and before `finish`. */
  | ({ type: 'tool_call' } & ToolCallRequest)
  | { type: 'finish'; reason: FinishReason; usage: TokenUsage | null; model: string };

/**
 * One reply, streamed. Deltas come as their bytes arrive and are never empty; the last part is `finish`, and
 * a reply without it is never whole. Throws a `TurnFailure` of the provider's making, or the signal's reason
 * once the signal is aborted. A reply may finish without a single delta: whether that is empty is for the caller.
 */
export type ReplyProvider = {
  streamReply(
    request: ReplyRequest,
    options: {
      signal: AbortSignal;
      /** How long the provider may send no frame at all, in milliseconds, from the request on. */
      silenceMs: number;
    },
  ): AsyncIterable<ReplyPart>;
};
