import { beginEpoch } from '../db/drafts.js';
import type { Db } from '../db/pool.js';
import { TurnFailure } from '../domain/failures.js';
import type { Channel, DraftKey } from '../domain/frames.js';
import { createTextCleaner } from '../domain/text.js';
import type { TokenUsage } from '../domain/turn.js';
import type { ReplyPart } from '../llm/port.js';
import type { Wire } from '../viewers/wire.js';
import type { Checkpointer } from './checkpointer.js';
import { whileDatabaseAway } from './whileDatabaseAway.js';

/** How a provider's stream ended in this process. */
export type StreamEnd =
  | {
      how: 'finished';
      reason: 'stop' | 'length' | 'content_filter' | 'tool_calls';
      usage: TokenUsage | null;
      model: string;
    }
  | { how: 'stopped' }
  | { how: 'failed'; failure: TurnFailure }
  /** A newer attempt elsewhere holds the fence. */
  | { how: 'fenced' };

/** One provider stream in this process, from its request to its end; attempts of the activity come and go. */
export type ReplyStream = {
  key: DraftKey;
  fence(): number;
  /** The draft that the stream's first delta began; before that, the newest one before it. */
  epoch(): number;
  /** Whether a delta of it was passed on. */
  begun(): boolean;
  text(): string;
  /** A newer attempt of the same reply takes the stream over under its own fence. */
  adopt(fence: number): void;
  stop(): void;
  /** Ends it without a trace: nothing of it is wanted any more. */
  abandon(): void;
  ended: Promise<StreamEnd>;
};

export type StreamStart = DraftKey & {
  chatId: string;
  speakerId: string;
  fence: number;
  epoch: number;
  /** Opens the provider's stream. Its signal ends it early. */
  open: (signal: AbortSignal) => AsyncIterable<ReplyPart>;
};

/** Of one reply, in UTF-16 code units: far beyond any model's output, well within what Postgres keeps. */
const MAX_REPLY_UNITS = 32 * 1024 * 1024;

class Stopped extends Error {}
class Fenced extends Error {}

export function startReplyStream(
  deps: { db: Db; wire: Wire; checkpointer: Checkpointer },
  start: StreamStart,
): ReplyStream {
  const key = { turnId: start.turnId, beat: start.beat };
  const abort = new AbortController();
  const draft = { fence: start.fence, epoch: start.epoch, begun: false };
  const channels = {
    text: { cleaner: createTextCleaner(), sent: 0 },
    thinking: { cleaner: createTextCleaner(), sent: 0 },
  };
  let text = '';

  const listener = {
    fenceLost: (fence: number) => {
      if (fence === draft.fence) abort.abort(new Fenced());
    },
    stopMarked: () => abort.abort(new Stopped()),
  };
  deps.checkpointer.register(key, draft.fence, listener);

  /** The number of the new draft is durable before its first token goes out: no two drafts share one. */
  async function begin(): Promise<void> {
    for (;;) {
      const { fence } = draft;
      const epoch = start.epoch + 1;
      const held = await whileDatabaseAway(() => beginEpoch(deps.db, key, fence, epoch), abort.signal);
      if (held) {
        draft.epoch = epoch;
        draft.begun = true;
        return;
      }
      if (fence === draft.fence) throw new Fenced();
    }
  }

  async function pass(channel: Channel, piece: string): Promise<void> {
    if (piece === '') return;
    if (!draft.begun) await begin();
    send(channel, piece);
  }

  function send(channel: Channel, piece: string): void {
    const offset = channels[channel].sent;
    channels[channel].sent += piece.length;
    if (channel === 'text') text += piece;
    if (channels.text.sent + channels.thinking.sent > MAX_REPLY_UNITS) throw new TurnFailure('reply_too_large');
    const { fence, epoch } = draft;
    deps.wire.publish({
      ...key,
      chatId: start.chatId,
      speakerId: start.speakerId,
      fence,
      epoch,
      channel,
      offset,
      text: piece,
    });
    deps.checkpointer.add({ ...key, epoch, channel, offset, text: piece });
  }

  async function pump(): Promise<StreamEnd> {
    for await (const part of start.open(abort.signal)) {
      if (abort.signal.aborted) break;
      if (part.type === 'finish') {
        for (const channel of ['thinking', 'text'] as const) await pass(channel, channels[channel].cleaner.end());
        if (part.reason === 'stop' && text.trim() === '') throw new TurnFailure('empty_reply');
        return { how: 'finished', reason: part.reason, usage: part.usage, model: part.model };
      }
      await pass(part.channel, channels[part.channel].cleaner.push(part.text));
    }
    abort.signal.throwIfAborted();
    throw new TurnFailure('stream_broken');
  }

  return {
    key,
    fence: () => draft.fence,
    epoch: () => draft.epoch,
    begun: () => draft.begun,
    text: () => text,
    adopt(fence) {
      draft.fence = fence;
      deps.checkpointer.register(key, fence, listener);
    },
    stop: () => abort.abort(new Stopped()),
    abandon: () => abort.abort(new Fenced()),
    ended: pump().catch((error: unknown) => endOf(abort.signal.aborted ? abort.signal.reason : error)),
  };
}

function endOf(error: unknown): StreamEnd {
  if (error instanceof Stopped) return { how: 'stopped' };
  if (error instanceof Fenced) return { how: 'fenced' };
  return {
    how: 'failed',
    failure: error instanceof TurnFailure ? error : new TurnFailure('internal', { cause: error }),
  };
}
