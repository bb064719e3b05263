import type { Db } from '../../db/core/pool.js';
import type { FirstToken } from '../../db/streaming/leases.js';
import type { ReceivedReasoning, ToolCallRequest } from '../../domain/agents/chatMessage.js';
import { TurnFailure } from '../../domain/log/failures.js';
import type { DraftKey } from '../../domain/log/frames.js';
import { noMeta, type RelayMeta } from '../../domain/relay/relay.js';
import type { PartStage } from '../../llm/partStage.js';
import { type ReplyPart, ReplyStopped, ReplyTimedOut, toCallRequest } from '../../llm/port.js';
import { createReceivedParts } from '../../llm/receivedParts.js';
import type { Wire } from '../../viewers/wire/wire.js';
import type { CallWatch } from '../telemetry.js';
import type { Checkpointer } from './checkpointer.js';
import { createDraftWriter, type DraftStart, type DraftWriter } from './draftWriter.js';
import type { StreamCall } from './streamCall.js';
import { callEnd, endOf, Fenced, type StreamEnd } from './streamEnd.js';

/**
 * One stream of a provider in this process, from its request to its end. Attempts of the activity that wait for it may
 * come and go: the next one adopts it.
 */
export type ProviderStream = Pick<
  DraftWriter,
  'fence' | 'epoch' | 'begun' | 'knowsAllSent' | 'text' | 'received' | 'added' | 'adopt'
> & {
  key: DraftKey;
  /** The call of the model that it comes from. */
  call: StreamCall;
  /** How long it has streamed, in milliseconds. */
  tookMs(): number;
  hasFallback: boolean;
  /** Whether it wrote deltas after which a resumed response continues. */
  madeResumableProgress(): boolean;
  /** Where a relayed reply comes from. */
  meta(): RelayMeta;
  stop(): void;
  /** Ends it, and leaves the draft to another attempt. */
  abandon(): void;
  ended: Promise<StreamEnd>;
};

export type StreamStart = Omit<DraftStart, 'onFirstToken'> & {
  /** Whether another provider is asked once the attempts at this one are used up. */
  hasFallback?: boolean;
  /** How long it may stream, in milliseconds. Then it ends with what was received. */
  limitMs: number;
  watch?: CallWatch & { firstToken(first: FirstToken): void };
  /** What the provider's parts pass before they are received. */
  filter?: PartStage | undefined;
  /** Opens the provider's stream, which `signal` ends early. */
  open: (signal: AbortSignal) => AsyncIterable<ReplyPart>;
};

export function startProviderStream(
  deps: { db: Db; wire: Wire; checkpointer: Checkpointer },
  start: StreamStart,
): ProviderStream {
  const { key, call, watch } = start;
  const abort = new AbortController();
  const calls: ToolCallRequest[] = [];
  const reasoning: ReceivedReasoning = { field: null, blocks: [] };
  let meta = noMeta;
  let isNumbered = false;
  /** Then the next attempt reads a kept response from its start. */
  let movedText = false;

  const writer = createDraftWriter(
    deps,
    { ...start, onFirstToken: watch?.firstToken },
    {
      fenceLost: (fence) => {
        if (fence === writer.fence()) abort.abort(new Fenced());
      },
      stopMarked: () => abort.abort(new ReplyStopped()),
      refused: (cause) => abort.abort(new TurnFailure('internal', { cause })),
    },
    abort.signal,
  );

  async function pump(): Promise<StreamEnd> {
    const received = createReceivedParts();
    const sent = start.open(abort.signal);
    writer.requestSent();
    for await (const each of sent)
      for (const part of (start.filter?.(each) ?? [each]).flatMap(received)) {
        abort.signal.throwIfAborted();
        if (part.type === 'finish') return finish(part);
        // A token costs no promise.
        const written = take(part);
        if (written) await written;
      }
    abort.signal.throwIfAborted();
    throw new TurnFailure('stream_broken');
  }

  function take(part: Exclude<ReplyPart, { type: 'finish' }>): Promise<void> | void {
    const at = { chatId: start.chatId, turnId: key.turnId };
    switch (part.type) {
      case 'delta':
        watch?.delta();
        if (part.field) reasoning.field = part.field;
        if (part.sequence !== undefined) isNumbered = true;
        return writer.write(part.channel, part.text, part.sequence);
      case 'text_was_thinking':
        movedText = true;
        return writer.moveTextToThinking();
      case 'response':
        return writer.recordResponse(part.id);
      case 'tool_call':
        calls.push(toCallRequest(part));
        return;
      case 'reasoning':
        reasoning.blocks.push({ api: part.api, block: part.block });
        return;
      case 'meta':
        meta = part.meta;
        return deps.wire.meta({ ...at, ...meta });
      case 'heartbeat':
        return deps.wire.heartbeat({ ...at, elapsedSeconds: part.elapsedSeconds });
    }
  }

  async function finish(part: Extract<ReplyPart, { type: 'finish' }>): Promise<StreamEnd> {
    await writer.beginWithoutDelta();
    const { text, thinking } = writer.added();
    const mayBeEmpty = start.kept !== undefined && calls.length > 0;
    if (isBlank(text) && !mayBeEmpty && (part.reason === 'stop' || part.reason === 'tool_calls'))
      throw new TurnFailure(isBlank(thinking) ? 'empty_reply' : 'thought_only', { usage: part.usage });
    const { reason, usage, model, relay = null } = part;
    return { how: 'finished', reason, usage, model, calls, reasoning, relay };
  }

  function endAfter(error: unknown): StreamEnd {
    const cause = abort.signal.aborted ? abort.signal.reason : error;
    if (!(cause instanceof ReplyTimedOut && writer.begun() && !isBlank(writer.added().text))) return endOf(cause);
    // What was received is the reply. Its last tool call may be incomplete, so none is made.
    return {
      how: 'finished',
      reason: 'reply_timeout',
      usage: null,
      model: call.model,
      calls: [],
      reasoning,
      relay: null,
    };
  }

  const openedAt = performance.now();
  const limit = setTimeout(() => abort.abort(new ReplyTimedOut()), Math.max(0, start.limitMs));
  return {
    ...writer,
    key,
    call,
    tookMs: () => Math.round(performance.now() - openedAt),
    hasFallback: start.hasFallback ?? false,
    madeResumableProgress: () => writer.begun() && isNumbered && !movedText,
    meta: () => meta,
    stop: () => abort.abort(new ReplyStopped()),
    abandon: () => abort.abort(new Fenced()),
    ended: pump()
      .catch(endAfter)
      .then((end) => {
        clearTimeout(limit);
        watch?.ended(callEnd(end));
        return end;
      }),
  };
}

const isBlank = (text: string) => text.trim() === '';
