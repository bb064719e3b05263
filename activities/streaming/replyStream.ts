import type { Db } from '../../db/core/pool.js';
import { beginEpoch, type FirstToken, recordResponse } from '../../db/streaming/drafts.js';
import type { ToolCallRequest } from '../../domain/agents/chatMessage.js';
import { TurnFailure } from '../../domain/log/failures.js';
import type { Channel, DraftKey } from '../../domain/log/frames.js';
import { noMeta, type RelayMeta } from '../../domain/relay/relay.js';
import type { RestartReason } from '../../domain/turns/restartReasons.js';
import { type ReplyPart, ReplyStopped, ReplyTimedOut } from '../../llm/port.js';
import { receivedParts } from '../../llm/receivedParts.js';
import { MAX_REPLY_UNITS } from '../../llm/replyLimits.js';
import type { Wire, WireToken } from '../../viewers/wire/wire.js';
import type { CallWatch } from '../telemetry.js';
import { whileDatabaseAway } from '../whileDatabaseAway.js';
import type { Checkpointer } from './checkpointer.js';
import { createCallMeter, type StreamCall } from './streamCall.js';
import { callEnd, endOf, Fenced, type StreamEnd } from './streamEnd.js';

/** One provider stream in this process, from its request to its end; attempts of the activity come and go. */
export type ReplyStream = {
  key: DraftKey;
  /** The call of the model that it comes from. */
  call: StreamCall;
  fence(): number;
  /** The draft that the stream's first delta began; before that, the newest one before it. */
  epoch(): number;
  /** Whether a delta of it was passed on. */
  begun(): boolean;
  /** How long it has gone on, in milliseconds. */
  tookMs(): number;
  hasFallback: boolean;
  /** Whether it passed on something that another attempt goes on after. */
  gainsGround(): boolean;
  /** All of the draft, with what was kept of before. */
  text(): string;
  /** What a relayed reply was said to be made of. */
  meta(): RelayMeta;
  /** What this stream added, and the steps that it began. */
  own(): { text: string; thinking: string; steps: BegunStep[] };
  /** What was received of its call, by the attempts before that asked for it too. */
  received(): { text: string; thinking: string };
  /** A newer attempt of the same reply takes the stream over under its own fence. */
  adopt(fence: number): void;
  stop(): void;
  /** Ends it without a trace: nothing of it is wanted any more. */
  abandon(): void;
  ended: Promise<StreamEnd>;
};

export type StreamStart = DraftKey & {
  call: StreamCall;
  chatId: string;
  speakerId: string;
  fence: number;
  epoch: number;
  /** Why another draft is begun, where one is there that can't be gone on with. */
  restartReason?: RestartReason;
  /** What the draft begins with, of an agent's iterations before this one. */
  kept?: Kept;
  /** What the current epoch holds of the very reply that is gone on with, and the steps that it began. */
  soFar?: { text: string; thinking: string; steps: BegunStep[] };
  /** What a new epoch begins with: the reply goes on from there. */
  prefix?: { text: string; thinking: string };
  /** Whether another provider can be turned to when this one's attempts have run out. */
  hasFallback?: boolean;
  /** The index of the first step that it begins. */
  firstIndex?: number;
  /** Says that a new epoch begins, before its first token: the steps of the one before it go. */
  dropSteps?: (at: DraftAt) => Promise<void>;
  /** Says that a step begins, before its first token: where replies have steps. */
  beginStep?: (step: BegunStep, at: DraftAt) => Promise<boolean>;
  /** How long it may go on, in milliseconds: then it ends with what was received. */
  limitMs: number;
  /** Is told of the call, and of the turn's first token. */
  watch?: CallWatch & { firstToken(first: FirstToken): void };
  /** Opens the provider's stream. Its signal ends it early. */
  open: (signal: AbortSignal) => AsyncIterable<ReplyPart>;
};

/** The draft that something belongs to, and who writes it. `reason`: why it is written again. */
export type DraftAt = Pick<WireToken, 'fence' | 'epoch' | 'reason'>;

/** `inEpoch`: the current epoch holds exactly this, so that it is gone on with. */
export type Kept = { text: string; thinking: string; inEpoch: boolean };

/** A stretch of one channel; `offset` is where it begins there, in UTF-16 code units. */
export type BegunStep = { index: number; type: Channel; offset: number };

export function startReplyStream(
  deps: { db: Db; wire: Wire; checkpointer: Checkpointer },
  start: StreamStart,
): ReplyStream {
  const key = { turnId: start.turnId, beat: start.beat };
  const abort = new AbortController();
  const draft = { fence: start.fence, epoch: start.epoch, begun: false };
  const kept = start.kept ?? { text: '', thinking: '', inEpoch: false };
  const channels = {
    text: { text: start.soFar?.text ?? (kept.inEpoch ? kept.text : '') },
    thinking: { text: start.soFar?.thinking ?? (kept.inEpoch ? kept.thinking : '') },
  };
  /** Whether the epoch goes on: nothing of what was sent is taken back. */
  const goesOn = kept.inEpoch || start.soFar !== undefined;
  const steps: BegunStep[] = [...(start.soFar?.steps ?? [])];
  const calls: ToolCallRequest[] = [];
  let meta = noMeta;
  let numbered = false;
  const meter = createCallMeter(start.call);
  /** Of the draft's beginning, which another call gave: an agent's iterations before, or the text that is continued. */
  const before = start.prefix ?? kept;
  if (start.soFar) for (const text of Object.values(received())) meter.add(text);

  const listener = {
    fenceLost: (fence: number) => {
      if (fence === draft.fence) abort.abort(new Fenced());
    },
    stopMarked: () => abort.abort(new ReplyStopped()),
    refused: (cause: unknown) => abort.abort(new TurnFailure('internal', { cause })),
  };
  deps.checkpointer.register(key, draft.fence, listener);

  /** With each token, since any of them may be lost: whoever hears of an epoch hears why it is another one. */
  const at = (): DraftAt => {
    const { fence, epoch } = draft;
    const isAnother = epoch > 1 && epoch > start.epoch && start.restartReason !== undefined;
    return { fence, epoch, ...(isAnother ? { reason: start.restartReason } : {}) };
  };
  /** Says with the next checkpoint that the request is sent. */
  function noteCall(): void {
    const place = { epoch: draft.epoch, channel: 'text' as const, offset: channels.text.text.length };
    deps.checkpointer.add({ ...key, ...place, text: '', call: meter.soFar() });
  }

  /** Writes under the fence, which another attempt that adopts the stream may change meanwhile. */
  async function fenced(write: (fence: number) => Promise<boolean>): Promise<void> {
    for (;;) {
      const { fence } = draft;
      if (await whileDatabaseAway(() => write(fence), abort.signal)) return;
      if (fence === draft.fence) throw new Fenced();
    }
  }

  /** The number of the new draft is durable before its first token goes out: no two drafts share one. */
  async function begin(): Promise<void> {
    const epoch = goesOn ? start.epoch : start.epoch + 1;
    await fenced((fence) => beginEpoch(deps.db, key, fence, epoch, start.watch?.firstToken));
    draft.epoch = epoch;
    draft.begun = true;
    if (goesOn) return;
    await start.dropSteps?.(at());
    const { thinking, text } = before;
    if (thinking) send('thinking', thinking);
    if (text) send('text', text);
  }

  async function beginStep(type: Channel): Promise<void> {
    const step = { index: (start.firstIndex ?? 0) + steps.length, type, offset: channels[type].text.length };
    await fenced((fence) => start.beginStep?.(step, { ...at(), fence }) ?? Promise.resolve(true));
    steps.push(step);
  }

  async function pass(channel: Channel, piece: string, sequence?: number): Promise<void> {
    if (!draft.begun) await begin();
    if (start.beginStep && steps.at(-1)?.type !== channel) await beginStep(channel);
    meter.add(piece);
    send(channel, piece, sequence);
  }

  function send(channel: Channel, piece: string, sequence?: number): void {
    const offset = channels[channel].text.length;
    channels[channel].text += piece;
    if (channels.text.text.length + channels.thinking.text.length > MAX_REPLY_UNITS)
      throw new TurnFailure('reply_too_large');
    deps.wire.publish({
      ...key,
      ...at(),
      chatId: start.chatId,
      speakerId: start.speakerId,
      channel,
      offset,
      text: piece,
    });
    if (sequence !== undefined) numbered = true;
    const number = sequence === undefined ? {} : { sequence };
    const call = meter.soFar();
    deps.checkpointer.add({ ...key, epoch: draft.epoch, channel, offset, text: piece, call, ...number });
  }

  function received() {
    const { text, thinking } = channels;
    return { text: text.text.slice(before.text.length), thinking: thinking.text.slice(before.thinking.length) };
  }

  const own = () => ({
    text: channels.text.text.slice(kept.text.length),
    thinking: channels.thinking.text.slice(kept.thinking.length),
    steps,
  });

  async function finish(part: Extract<ReplyPart, { type: 'finish' }>): Promise<StreamEnd> {
    // Viewers must drop what a failed attempt has sent, also when this one had nothing to say.
    if (start.kept && !draft.begun && start.epoch > 0 && !goesOn) await begin();
    // A reply that was as good as whole goes on with nothing.
    if (start.prefix && !draft.begun) await begin();
    const silent = own().text.trim() === '' && (!start.kept || calls.length === 0);
    if (silent && (part.reason === 'stop' || part.reason === 'tool_calls'))
      throw new TurnFailure(own().thinking.trim() === '' ? 'empty_reply' : 'thought_only', { usage: part.usage });
    return {
      how: 'finished',
      reason: part.reason,
      usage: part.usage,
      model: part.model,
      calls,
      relay: part.relay ?? null,
    };
  }

  /** What is not text, and goes out at once. */
  function note(part: Exclude<ReplyPart, { type: 'finish' | 'delta' | 'response' }>): void {
    const at = { chatId: start.chatId, turnId: start.turnId };
    switch (part.type) {
      case 'tool_call':
        calls.push({ id: part.id, name: part.name, arguments: part.arguments });
        return;
      case 'meta':
        meta = part.meta;
        deps.wire.meta({ ...at, ...meta });
        return;
      case 'heartbeat':
        deps.wire.heartbeat({ ...at, elapsedSeconds: part.elapsedSeconds });
    }
  }

  /** What was received is the reply. A call of a tool may be half received: none is made. */
  function cutShort(): StreamEnd {
    return { how: 'finished', reason: 'reply_timeout', usage: null, model: start.call.model, calls: [], relay: null };
  }

  const isTimedOut = () => abort.signal.reason instanceof ReplyTimedOut && draft.begun && own().text.trim() !== '';

  async function pump(): Promise<StreamEnd> {
    const parts = receivedParts(start.open(abort.signal));
    noteCall();
    for await (const part of parts) {
      if (abort.signal.aborted) break;
      if (part.type === 'finish') return finish(part);
      if (part.type === 'delta') {
        start.watch?.delta();
        await pass(part.channel, part.text, part.sequence);
      } else if (part.type === 'response') await fenced((fence) => recordResponse(deps.db, key, fence, part.id));
      else note(part);
    }
    abort.signal.throwIfAborted();
    throw new TurnFailure('stream_broken');
  }

  const openedAt = performance.now();
  const limit = setTimeout(() => abort.abort(new ReplyTimedOut()), Math.max(0, start.limitMs));
  return {
    key,
    call: start.call,
    tookMs: () => Math.round(performance.now() - openedAt),
    received,
    fence: () => draft.fence,
    epoch: () => draft.epoch,
    begun: () => draft.begun,
    hasFallback: start.hasFallback ?? false,
    gainsGround: () => draft.begun && numbered,
    text: () => channels.text.text,
    meta: () => meta,
    own,
    adopt(fence) {
      draft.fence = fence;
      deps.checkpointer.register(key, fence, listener);
    },
    stop: () => abort.abort(new ReplyStopped()),
    abandon: () => abort.abort(new Fenced()),
    ended: pump()
      .catch((error: unknown) =>
        isTimedOut() ? cutShort() : endOf(abort.signal.aborted ? abort.signal.reason : error),
      )
      .then((end) => {
        clearTimeout(limit);
        start.watch?.ended(callEnd(end));
        return end;
      }),
  };
}
