import type { ServerFields } from '../../domain/agents/chatMessage.js';
import { TurnFailure } from '../../domain/log/failures.js';
import type { TokenUsage } from '../../domain/turns/turn.js';
import { finishReasonOf } from '../chatCompletions/finishReasons.js';
import { withoutFinishReason } from '../errors/providerFailures.js';
import type { FinishReason, ReplyPart } from '../port.js';
import { createMessageBlocks } from './messageBlocks.js';
import type { MessageEvent, MessageObject } from './messageEvents.js';
import { createUsageCount } from './messageUsage.js';

/** Assembles one message of the API from its events. */
export type Message = {
  /** Adds an event. Gives its deltas. */
  take(event: MessageEvent): ReplyPart[];
  /** Takes a message that was sent whole. Gives its text. */
  takeWhole(message: MessageObject): ReplyPart[];
  /** Whether the stop reason has arrived. */
  readonly finished: boolean;
  /** Whether the provider paused a long reply: it continues in another request that ends with `content`. */
  readonly paused: boolean;
  content(): ServerFields[];
  usage(): TokenUsage | null;
  /**
   * The blocks of reasoning and the tool calls. Throws `stream_broken` without a stop reason. Where the message has ended in
   * order, another attempt may take that as its end: `mayLackReason`.
   */
  attached(): ReplyPart[];
  /** The last part; `calls`: whether the reply has tool calls. */
  ending(usage: TokenUsage | null, calls: boolean): ReplyPart;
};

export function createMessage(requestedModel: string, mayLackReason = false): Message {
  let model = requestedModel;
  let stopReason: string | undefined;
  let hasEnded = false;
  const blocks = createMessageBlocks();
  const count = createUsageCount();

  function head(message: MessageObject): void {
    model = message.model || model;
    count.take(message.usage);
  }

  function takeWhole(message: MessageObject): ReplyPart[] {
    head(message);
    stopReason = message.stop_reason ?? 'end_turn';
    return (message.content ?? []).flatMap((block, index) => blocks.begin(index, block));
  }

  return {
    take(event) {
      if (event.whole) return takeWhole(event.whole);
      if (event.message) head(event.message);
      if (event.usage !== undefined) count.take(event.usage);
      const { index, content_block: begun, delta } = event;
      stopReason = delta?.stop_reason ?? event.stop_reason ?? stopReason;
      if (event.type === 'message_stop') hasEnded = true;
      if (begun) return blocks.begin(index ?? 0, begun);
      return delta ? blocks.add(index ?? 0, delta) : [];
    },
    takeWhole,
    get finished() {
      return stopReason !== undefined;
    },
    get paused() {
      return stopReason === 'pause_turn';
    },
    content: blocks.content,
    usage: () => count.usage(model),
    attached() {
      if (stopReason === undefined && hasEnded && mayLackReason) stopReason = 'end_turn';
      if (stopReason === undefined) throw hasEnded ? withoutFinishReason() : new TurnFailure('stream_broken');
      return [
        ...blocks.reasoning().map((block): ReplyPart => ({ type: 'reasoning', api: 'anthropic', block })),
        ...blocks.calls().map((call): ReplyPart => ({ type: 'tool_call', ...call })),
      ];
    },
    ending: (usage, calls) => ({ type: 'finish', reason: toFinishReason(stopReason ?? '', calls), usage, model }),
  };
}

/**
 * Compatible servers also send the reasons of other APIs. An unknown one ends the reply like `end_turn`. Throws
 * `provider_error` for one that means that the server gave up.
 */
function toFinishReason(word: string, calls: boolean): FinishReason {
  // Paused more often than a reply may.
  if (word === 'pause_turn') return 'length';
  const reason = finishReasonOf(word);
  if (reason === 'broken') throw new TurnFailure('provider_error');
  if (reason === 'length' || reason === 'content_filter') return reason;
  return calls ? 'tool_calls' : 'stop';
}
