import type { ReceivedReasoning, ToolCallRequest } from '../../domain/agents/chatMessage.js';
import { TurnFailure } from '../../domain/log/failures.js';
import type { RelayEnd } from '../../domain/relay/relay.js';
import type { TokenUsage } from '../../domain/turns/turn.js';
import { type FinishReason, ReplyStopped, ReplyTimedOut } from '../../llm/port.js';
import type { CallEnd } from '../telemetry.js';

/** How a provider's stream ended in this process. */
export type StreamEnd =
  | {
      how: 'finished';
      reason: FinishReason | 'reply_timeout';
      usage: TokenUsage | null;
      model: string;
      calls: ToolCallRequest[];
      reasoning: ReceivedReasoning;
      relay: RelayEnd | null;
    }
  | { how: 'stopped' }
  | { how: 'failed'; failure: TurnFailure }
  /** A newer attempt elsewhere holds the fence. */
  | { how: 'fenced' };

/** The reason that ends a stream whose fence is outdated. */
export class Fenced extends Error {}

export function callEnd(end: StreamEnd): CallEnd {
  switch (end.how) {
    case 'finished':
      return { outcome: 'done', usage: end.usage, reason: end.reason };
    case 'failed':
      return { outcome: 'failed', code: end.failure.code };
    case 'stopped':
    case 'fenced':
      return { outcome: 'stopped' };
  }
}

export function endOf(error: unknown): StreamEnd {
  if (error instanceof ReplyTimedOut) return { how: 'failed', failure: new TurnFailure('reply_timeout') };
  if (error instanceof ReplyStopped) return { how: 'stopped' };
  if (error instanceof Fenced) return { how: 'fenced' };
  return {
    how: 'failed',
    failure: error instanceof TurnFailure ? error : new TurnFailure('internal', { cause: error }),
  };
}
