import type { ChatMessage, ReasoningBlock, ReasoningField, ToolCallRequest } from '../domain/agents/chatMessage.js';
import type { AnswerFormat, ToolChoice } from '../domain/agents/clientFunctions.js';
import type { Channel } from '../domain/log/frames.js';
import type { RelayEnd, RelayMeta } from '../domain/relay/relay.js';
import type { TokenUsage } from '../domain/turns/turn.js';
import type { TurnOptions } from '../domain/turns/turnOptions.js';
import type { LoadImages } from './outgoing/images.js';

export type ReplyRequest = TurnOptions & {
  model: string;
  messages: ChatMessage[];
  /** The tools that the model may call. */
  tools?: ToolOffer[];
  /** Which of them it has to call; left out: as it decides. */
  toolChoice?: Exclude<ToolChoice, 'auto'>;
  /** Whether it may call several at once; left out: as the server does. */
  parallelToolCalls?: boolean;
  /** The form of the answer; left out: text. */
  format?: AnswerFormat;
  /** TURN/STEP/ATTEMPT: the id of the request in the logs of both the provider and the service. */
  requestId: string;
  /** Whether the model reasons before it answers. */
  thinking?: boolean;
  /** Reads the data of the images in `messages`; it is called before the request is sent. */
  loadImages?: LoadImages | undefined;
  /** Beginnings of other participants' lines, at which the reply ends. They are sent where the server takes them. */
  foreignLines?: string[];
  /** The beginning of the reply, which the provider continues. Only where it `continues`. */
  continueFrom?: string;
};

/** A tool as it is offered to a provider. `parameters` is a JSON Schema. */
export type ToolOffer = { name: string; description: string; parameters: object };

export type FinishReason = 'stop' | 'length' | 'content_filter' | 'tool_calls';

export type ReplyPart =
  /**
   * `sequence`: the delta's number at a provider that keeps responses. Another attempt can resume after it. `field`: the
   * name under which the server sent this thinking, if it wants it back under this name.
   */
  | { type: 'delta'; channel: Channel; text: string; sequence?: number; field?: ReasoningField }
  /**
   * All text so far was thinking: the model's template begins the block of thinking in the prompt, so that only its end is
   * in the reply. Of a response that the provider keeps, another attempt then reads from its start.
   */
  | { type: 'text_was_thinking' }
  /** The id under which the provider keeps this response. Before the first delta. */
  | { type: 'response'; id: string }
  /** A complete call, before `finish`. */
  | ({ type: 'tool_call' } & ToolCallRequest)
  /** A block of reasoning that goes back to the provider with the reply's calls. Before `finish`. */
  | ({ type: 'reasoning' } & ReasoningBlock)
  /** Of a relayed reply: its metadata so far, and heartbeats while the upstream works. */
  | { type: 'meta'; meta: RelayMeta }
  | { type: 'heartbeat'; elapsedSeconds: number }
  | { type: 'finish'; reason: FinishReason; usage: TokenUsage | null; model: string; relay?: RelayEnd };

/** The call of a part, without the part's type. */
export const toCallRequest = ({ type: _, ...call }: Extract<ReplyPart, { type: 'tool_call' }>): ToolCallRequest => call;

/**
 * Streams one reply. Deltas are never empty and arrive with their bytes. The last part of a complete reply is `finish`; it
 * may be the only one. Throws a `TurnFailure`, or the signal's reason when that is aborted.
 */
export type ReplyProvider = {
  streamReply(
    request: ReplyRequest,
    options: {
      signal: AbortSignal;
      /** The longest time without a frame, from the request on, in milliseconds. */
      silenceMs: number;
      /** Resumes a response that the provider keeps. */
      resume?: Resume;
      /**
       * Whether an earlier attempt ended in order and without a finish reason. Then such an end is taken, because the
       * server sends none.
       */
      mayLackReason?: boolean;
    },
  ): AsyncIterable<ReplyPart>;
  /** Whether it can continue the beginning of a reply. Then it streams the rest only. */
  continues?: boolean;
  /** Cancels a response that the provider keeps. Never throws. */
  cancel?(responseId: string): Promise<void>;
};

/**
 * `text` and `thinking` are what was kept of the response; `sequence` numbers its last event, null where it has none.
 * `filter`: what the text of the response went through before it was kept.
 */
export type Resume = {
  responseId: string;
  sequence: number | null;
  text: string;
  thinking: string;
  filter?: (parts: AsyncIterable<ReplyPart>) => AsyncIterable<ReplyPart>;
};

/** The abort reason of a reply that was stopped: it is not resumed. */
export class ReplyStopped extends Error {
  override readonly name: string = 'ReplyStopped';
}

/** The abort reason of a reply that reached its time limit. */
export class ReplyTimedOut extends ReplyStopped {
  override readonly name = 'ReplyTimedOut';
}
