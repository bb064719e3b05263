import type { ChatMessage, ToolCallRequest } from '../domain/agents/chatMessage.js';
import type { Channel } from '../domain/log/frames.js';
import type { RelayEnd, RelayMeta } from '../domain/relay/relay.js';
import type { TokenUsage } from '../domain/turns/turn.js';

export type ReplyRequest = {
  model: string;
  messages: ChatMessage[];
  /** What the model may call. */
  tools?: ToolOffer[];
  /** TURN/STEP/ATTEMPT: what the provider's log and ours have in common. */
  requestId: string;
  maxTokens?: number;
  temperature?: number;
  /** Whether the model is asked to reason before it answers. */
  thinking?: boolean;
  /** The beginning of the reply, from which it is to go on: only where the provider `continues`. */
  continueFrom?: string;
};

/** A tool as providers are told of it; `parameters` is a JSON Schema. */
export type ToolOffer = { name: string; description: string; parameters: object };

export type FinishReason = 'stop' | 'length' | 'content_filter' | 'tool_calls';

export type ReplyPart =
  /** `sequence` numbers what a provider keeps: with it another attempt goes on after this delta. */
  | { type: 'delta'; channel: Channel; text: string; sequence?: number }
  /** The provider keeps this reply under an id. Before the first delta. */
  | { type: 'response'; id: string }
  /** Whole, and before `finish`. */
  | ({ type: 'tool_call' } & ToolCallRequest)
  /** Of a relayed reply: what is known of it so far, and that it is still being thought of. */
  | { type: 'meta'; meta: RelayMeta }
  | { type: 'heartbeat'; elapsedSeconds: number }
  | { type: 'finish'; reason: FinishReason; usage: TokenUsage | null; model: string; relay?: RelayEnd };

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
      /** Goes on with a reply that the provider keeps, after what `so far` holds of it. */
      resume?: Resume;
    },
  ): AsyncIterable<ReplyPart>;
  /** Whether it can go on from the beginning of a reply; what is then streamed is the rest. */
  continues?: boolean;
  /** Where a provider keeps replies: ends one that nobody wants any more. Never throws. */
  cancel?(responseId: string): Promise<void>;
};

/** `text` and `thinking` are what was received of the response; `sequence` numbers its last event, null where it has none. */
export type Resume = { responseId: string; sequence: number | null; text: string; thinking: string };

/** Why a reply's signal is aborted when somebody stopped it: nobody will go on with it. */
export class ReplyStopped extends Error {
  override readonly name: string = 'ReplyStopped';
}

/** A stop of our own: the reply has had all the time that one may take. */
export class ReplyTimedOut extends ReplyStopped {
  override readonly name = 'ReplyTimedOut';
}
