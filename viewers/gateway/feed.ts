import type { Logger } from 'pino';
import type { ChatHead, DraftMore, DraftState, DraftWant } from '../../db/timeline/feed.js';
import { backoffMs } from '../../lib/backoff.js';
import { type EncodedFrame, encodeFrame } from '../sinks/sink.js';
import type { WireHeartbeat, WireMeta, WireStep, WireToken } from '../wire/wire.js';
import type { DeliveredDrafts } from './deliveredDrafts.js';
import type { DraftBuffer } from './draftBuffer.js';
import { createDraftsInFlight } from './draftsInFlight.js';
import type { FeedReads } from './feedReads.js';
import type { FeedEvent } from './landingFrames.js';
import { createLiveGroup, type LiveViewer } from './liveGroup.js';
import { createLogTail, type LogTail, type TailEvent } from './logTail.js';
import { createStatuses } from './statuses.js';

/** What one chat's viewers are told: its log, the drafts in flight, and what its turns are doing. */
export type Feed = {
  readonly chatId: string;
  /** Resolves when what Postgres has of the chat is read. Rejects when that can't be done in time. */
  readonly ready: Promise<void>;
  readonly seq: number;
  reached(seq: number): Promise<void>;
  events(after: number): Promise<TailEvent[]>;
  drafts(): Iterable<DraftBuffer>;
  readonly statusVersion: number;
  statusesSince(version: number): EncodedFrame[];
  /** `delivered`: what the viewer has received, which is all that there is. */
  goLive(viewer: LiveViewer, delivered: DeliveredDrafts): void;
  leave(viewer: LiveViewer): void;

  token(token: WireToken, readAt: number | null): void;
  step(step: WireStep): void;
  heartbeat(heartbeat: WireHeartbeat): void;
  meta(meta: WireMeta): void;
  notice(seq: number): void;
  statusChanged(turnId: string): void;
  /** What was read anew of the chat, because something may have gone unheard. */
  refresh(head: ChatHead, drafts: DraftState[]): void;
  dueDrafts(now: number): DraftWant[];
  /** Whether it held something that was missing. */
  fill(more: DraftMore): boolean;
  close(): void;
};

export type FeedOptions = {
  chatId: string;
  reads: FeedReads;
  log: Pick<Logger, 'warn'>;
  now: () => number;
  /** A draft has a gap: read the checkpoints soon. */
  onGap: () => void;
  /** Live viewers' sinks have tokens of which the oldest was read at that time. */
  onDelivered: (readAt: number) => void;
};

/** Milliseconds that Postgres may be away before viewers that are catching up are closed. */
const patienceMs = 120_000;

export function createFeed({ chatId, reads, log, now, onGap, onDelivered }: FeedOptions): Feed {
  const drafts = createDraftsInFlight({ now, onGap });
  const group = createLiveGroup();
  const statuses = createStatuses({
    read: reads.status,
    tell: group.send,
    onError: (error) => log.warn({ chatId, err: error }, "could not read a turn's status"),
  });
  let tail: LogTail | undefined;
  let early: (() => void)[] = [];
  let noticed = 0;
  let telling = false;
  /** When the oldest token that viewers are yet to be told was read. */
  let oldest: number | null = null;
  let closed = false;

  function tellSoon() {
    if (telling) return;
    telling = true;
    setImmediate(() => {
      telling = false;
      group.sendDrafts(drafts.buffers());
      if (oldest !== null && group.size > 0) onDelivered(oldest);
      oldest = null;
    });
  }

  function pass(entry: FeedEvent): FeedEvent {
    const settled = settle(entry);
    group.sendBefore(settled);
    return settled;
  }

  /** Takes note of what an event means for the drafts. */
  function settle(entry: FeedEvent): FeedEvent {
    const { event } = entry;
    if (event.turnId === null) return entry;
    if (event.kind === 'assistant_turn_started') drafts.begin(event.turnId, event.data.beat, event.data.speakerId);
    if (event.kind === 'turn_completed') drafts.endTurn(event.turnId);
    if (event.kind !== 'assistant_turn') return entry;
    const draft = drafts.endBeat(event.turnId, event.data.beat);
    if (draft?.state.epoch !== entry.epoch || event.data.text.startsWith(draft.all('text'))) return entry;
    // Never seen to happen; if it does, viewers still end with the text that is in the log.
    log.warn({ chatId, turnId: event.turnId }, 'the log holds another text than was streamed');
    return { event, epoch: entry.epoch + 1 };
  }

  function passed(entry: TailEvent) {
    const { event } = entry;
    if (event.kind === 'turn_completed' && event.turnId !== null) statuses.forget(event.turnId);
    group.sendEvent(entry);
  }

  function take(token: WireToken, readAt: number | null) {
    if (!drafts.applyToken(token)) return;
    oldest ??= readAt;
    tellSoon();
  }

  function takeStep(step: WireStep) {
    if (drafts.applyStep(step)) tellSoon();
  }

  async function load() {
    const [head] = await reads.heads([chatId]);
    const [inFlight, over] = await Promise.all([
      reads.draftsInFlight([chatId]),
      reads.draftsJustOver(chatId, head?.seq ?? 0),
    ]);
    for (const draft of over) drafts.endBeat(draft.turnId, draft.beat);
    for (const draft of inFlight) drafts.applyRow(draft);
    for (const more of await reads.checkpoints(drafts.wants())) drafts.applyCheckpoint(more);
    if (closed) return;
    tail = createLogTail({
      seq: head?.seq ?? 0,
      read: (range) => reads.events(chatId, range),
      pass,
      passed,
      onError: (error) => log.warn({ chatId, err: error }, 'could not read the log; trying again'),
    });
    for (const takeEarly of early) takeEarly();
    early = [];
    tail.notice(noticed);
    head?.openTurns.forEach(statuses.changed);
  }

  /** Tries again while Postgres is away, for as long as viewers may be kept waiting. */
  async function patiently<T>(work: () => Promise<T>): Promise<T> {
    const until = now() + patienceMs;
    for (let tries = 0; ; tries++) {
      try {
        return await work();
      } catch (error) {
        if (closed || now() > until) throw error;
        await new Promise((resolve) => setTimeout(resolve, backoffMs(tries)));
      }
    }
  }

  const ready = patiently(load);
  ready.catch((error) => log.warn({ chatId, err: error }, 'could not read the chat'));

  return {
    chatId,
    ready,
    get seq() {
      return tail?.seq ?? 0;
    },
    reached: (seq) => tail?.reached(seq) ?? Promise.resolve(),
    events: (after) => patiently(() => tail?.after(after) ?? Promise.resolve([])),
    drafts: drafts.buffers,
    get statusVersion() {
      return statuses.version;
    },
    statusesSince: statuses.since,
    goLive: (viewer, delivered) => group.add(viewer, delivered, drafts.buffers()),
    leave: group.remove,
    token(token, readAt) {
      if (tail) take(token, readAt);
      else if (early.length < maxEarly) early.push(() => take(token, null));
    },
    step(step) {
      if (tail) takeStep(step);
      else if (early.length < maxEarly) early.push(() => takeStep(step));
    },
    heartbeat({ turnId, elapsedSeconds }) {
      group.send(encodeFrame({ type: 'heartbeat', turnId, elapsedSeconds }));
    },
    meta({ chatId: _, ...meta }) {
      // The tokens that came before it go out before it.
      group.sendDrafts(drafts.buffers());
      group.send(encodeFrame({ type: 'meta', ...meta }));
    },
    notice(seq) {
      noticed = Math.max(noticed, seq);
      tail?.notice(seq);
    },
    statusChanged: statuses.changed,
    refresh(head, inFlight) {
      tail?.notice(head.seq);
      if (inFlight.map(drafts.applyRow).includes(true)) tellSoon();
      statuses.refresh();
      head.openTurns.forEach(statuses.changed);
    },
    dueDrafts: (time) => (tail ? drafts.takeDueReads(time) : []),
    fill(more) {
      const filled = drafts.applyCheckpoint(more);
      if (filled) tellSoon();
      return filled;
    },
    close() {
      closed = true;
      tail?.close();
      statuses.close();
    },
  };
}

/** Tokens that come while the chat is being read; what is dropped comes from the checkpoints. */
const maxEarly = 4_096;
