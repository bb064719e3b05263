import type { Db } from '../../db/core/pool.js';
import { beginEpoch, type FirstToken, recordResponse } from '../../db/streaming/leases.js';
import { TurnFailure } from '../../domain/log/failures.js';
import type { Channel, DraftKey } from '../../domain/log/frames.js';
import type { RestartReason } from '../../domain/turns/restartReasons.js';
import { MAX_REPLY_UNITS } from '../../llm/replyLimits.js';
import type { Wire, WireToken } from '../../viewers/wire/wire.js';
import { retryWhileDatabaseAway } from '../retryWhileDatabaseAway.js';
import type { Checkpointer, CheckpointListener } from './checkpointer.js';
import { createCallMeter, type StreamCall } from './streamCall.js';
import { Fenced } from './streamEnd.js';

/** A step of an agent's draft: a stretch of one channel. `offset` is where it begins there, in UTF-16 code units. */
export type BegunStep = { index: number; type: Channel; offset: number };

/** What earlier calls of an agent's turn have left in its draft. `inEpoch`: the current epoch holds exactly this. */
export type KeptText = { text: string; thinking: string; inEpoch: boolean };

/**
 * What the current epoch holds of the response that is resumed, and the steps that it began. `settled`: nothing more was
 * sent of it.
 */
export type SentText = { text: string; thinking: string; steps: BegunStep[]; settled: boolean };

/** The draft that a write belongs to, and its writer. `reason`: why the epoch is a new one. */
export type DraftAt = Pick<WireToken, 'fence' | 'epoch' | 'reason'>;

/** For drafts with steps: what is written before a step's first token goes out. */
export type StepHooks = {
  /** The index of the first step that begins. */
  firstIndex: number;
  /**
   * Removes the steps of the epoch before, and sends those that are kept. `sendKept` sends the kept text up to an offset
   * in each channel: the text before a step goes out before it.
   */
  drop(at: DraftAt, sendKept: (upTo: Record<Channel, number>) => void): Promise<void>;
  /** False when a newer attempt holds the fence. */
  begin(step: BegunStep, at: DraftAt): Promise<boolean>;
};

export type DraftStart = {
  key: DraftKey;
  chatId: string;
  speakerId: string;
  fence: number;
  epoch: number;
  /** Why the text of the current epoch is replaced, if it is. */
  restartReason?: RestartReason | undefined;
  /** At most one of these three is given; without any, a new epoch begins with the first delta. */
  kept?: KeptText | undefined;
  sent?: SentText | null;
  /** A new epoch begins with this text. */
  prefix?: { text: string; thinking: string } | null;
  steps?: StepHooks | undefined;
  call: StreamCall;
  onFirstToken?: ((first: FirstToken) => void) | undefined;
};

export type DraftWriter = ReturnType<typeof createDraftWriter>;

/**
 * Writes one draft under its fence: each piece goes over the wire at once, and into the next checkpoint. `signal` ends
 * the waiting for Postgres.
 */
export function createDraftWriter(
  deps: { db: Db; wire: Wire; checkpointer: Checkpointer },
  start: DraftStart,
  listener: CheckpointListener,
  signal: AbortSignal,
) {
  const { key, sent, prefix } = start;
  const kept = start.kept ?? { text: '', thinking: '', inEpoch: false };
  /** The current epoch continues: nothing that viewers have is taken back. */
  let continuesEpoch = kept.inEpoch || Boolean(sent);
  let ownEpoch = continuesEpoch ? start.epoch : start.epoch + 1;
  /** What the draft begins with and this call did not give. */
  const before = prefix ?? kept;
  const draft = { fence: start.fence, epoch: start.epoch, begun: false };
  const initial = sent ?? (kept.inEpoch ? kept : { text: '', thinking: '' });
  const written = { text: initial.text, thinking: initial.thinking };
  let { restartReason } = start;
  const steps: BegunStep[] = [...(sent?.steps ?? [])];
  const meter = createCallMeter(start.call);
  if (sent) for (const text of Object.values(received())) meter.add(text);
  deps.checkpointer.register(key, draft.fence, listener);

  /** With each token, since any of them may be lost: a viewer that sees a new epoch also sees why. */
  function at(): DraftAt {
    const { fence, epoch } = draft;
    const isRestart = epoch > 1 && epoch > start.epoch && restartReason !== undefined;
    return { fence, epoch, ...(isRestart ? { reason: restartReason } : {}) };
  }

  /** Writes to Postgres under the fence, which changes when another attempt adopts the stream. */
  async function fenced(write: (fence: number) => Promise<boolean>): Promise<void> {
    for (;;) {
      const { fence } = draft;
      if (await retryWhileDatabaseAway(() => write(fence), signal)) return;
      if (fence === draft.fence) throw new Fenced();
    }
  }

  /** The epoch is durable before its first token goes out: no two drafts share a number. */
  async function begin(): Promise<void> {
    const epoch = ownEpoch;
    await fenced((fence) => beginEpoch(deps.db, key, fence, epoch, start.onFirstToken));
    draft.epoch = epoch;
    draft.begun = true;
    if (continuesEpoch) return;
    const { steps: hooks } = start;
    if (hooks) await retryWhileDatabaseAway(() => hooks.drop(at(), sendKept), signal);
    sendKept({ thinking: before.thinking.length, text: before.text.length });
  }

  /** What the draft begins with, as far as it was not sent yet. */
  function sendKept(upTo: Record<Channel, number>): void {
    for (const channel of ['thinking', 'text'] as const) {
      const piece = before[channel].slice(written[channel].length, upTo[channel]);
      if (piece !== '') send(channel, piece);
    }
  }

  async function beginStep(type: Channel, hooks: StepHooks): Promise<void> {
    const step = { index: hooks.firstIndex + steps.length, type, offset: written[type].length };
    await fenced((fence) => hooks.begin(step, { ...at(), fence }));
    steps.push(step);
  }

  function send(channel: Channel, text: string, sequence?: number): void {
    const offset = written[channel].length;
    written[channel] += text;
    if (written.text.length + written.thinking.length > MAX_REPLY_UNITS) throw new TurnFailure('reply_too_large');
    const { chatId, speakerId } = start;
    deps.wire.publish({ ...key, ...at(), chatId, speakerId, channel, offset, text });
    deps.checkpointer.add({ ...key, epoch: draft.epoch, channel, offset, text, call: meter.soFar, sequence });
  }

  /** The first text of the draft, or of a step: what viewers need to know of it is durable before. */
  async function writeFirst(channel: Channel, text: string, sequence?: number): Promise<void> {
    if (!draft.begun) await begin();
    if (start.steps && steps.at(-1)?.type !== channel) await beginStep(channel, start.steps);
    meter.add(text);
    send(channel, text, sequence);
  }

  /**
   * Begins a new epoch, in which the text of this call is thinking: viewers have it as text, and the log must not. What
   * earlier calls left stays.
   */
  async function moveTextToThinking(): Promise<void> {
    const { text, thinking } = received();
    if (!draft.begun || text === '') return;
    const thought = thinking + text;
    [ownEpoch, continuesEpoch, restartReason] = [draft.epoch + 1, false, 'thinking_separated'];
    [written.text, written.thinking, steps.length] = ['', '', 0];
    await begin();
    if (start.steps) await beginStep('thinking', start.steps);
    send('thinking', thought);
  }

  /** What was received of this call, also by the attempts before that asked for it. */
  function received() {
    return { text: written.text.slice(before.text.length), thinking: written.thinking.slice(before.thinking.length) };
  }

  return {
    fence: () => draft.fence,
    /** The epoch that the first delta began; before that, the newest one before it. */
    epoch: () => draft.epoch,
    /** Whether a delta was written. */
    begun: () => draft.begun,
    /** Whether no earlier attempt may have sent more of the epoch than this one has. */
    knowsAllSent: () => draft.begun && (sent?.settled ?? true),
    /** The whole text of the draft. */
    text: () => written.text,
    received,
    /** What this call added to the draft, and the steps that it began. */
    added: () => ({
      text: written.text.slice(kept.text.length),
      thinking: written.thinking.slice(kept.thinking.length),
      steps,
    }),
    /** Records with the next checkpoint that the request was sent. */
    requestSent(): void {
      const place = { epoch: draft.epoch, channel: 'text' as const, offset: written.text.length };
      deps.checkpointer.add({ ...key, ...place, text: '', call: meter.soFar });
    },
    /** Resolves when it is sent; undefined when it was sent at once. `sequence`: the delta's number, where the provider keeps the response. */
    write(channel: Channel, text: string, sequence?: number): Promise<void> | undefined {
      const hooks = start.steps && steps.at(-1)?.type !== channel ? start.steps : undefined;
      if (!draft.begun || hooks) return writeFirst(channel, text, sequence);
      meter.add(text);
      send(channel, text, sequence);
      return undefined;
    },
    moveTextToThinking,
    /** Begins the draft of a reply that had no delta, where viewers would otherwise keep an outdated text. */
    async beginWithoutDelta(): Promise<void> {
      const isOutdated = start.kept !== undefined && start.epoch > 0 && !continuesEpoch;
      if (!draft.begun && (isOutdated || prefix)) await begin();
    },
    /** Which response the draft comes from is durable before its first token goes out. */
    recordResponse: (id: string) => fenced((fence) => recordResponse(deps.db, key, fence, { id, epoch: ownEpoch })),
    /** Writes under the fence of the attempt that adopts the stream. */
    adopt(fence: number): void {
      draft.fence = fence;
      deps.checkpointer.register(key, fence, listener);
    },
  };
}
