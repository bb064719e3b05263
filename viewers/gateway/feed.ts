import type { Logger } from 'pino';
import type { ChatHead, DraftMore, DraftState as DraftRow, DraftWant } from '../../db/timeline/feed.js';
import { retry } from '../core/retry.js';
import { type EncodedFrame, encodeFrame } from '../sinks/sink.js';
import type { WireItem, WireToken } from '../wire/wire.js';
import type { DeliveredDrafts } from './deliveredDrafts.js';
import type { DraftBuffer } from './draftBuffer.js';
import { createDraftsInFlight } from './draftsInFlight.js';
import type { FeedReads } from './feedReads.js';
import type { FeedEvent } from './landingFrames.js';
import { createLiveGroup, type LiveViewer } from './liveGroup.js';
import { createLogTail, type LogTail, type TailEvent } from './logTail.js';
import { createStatuses } from './statuses.js';

/** The gateway's state of one chat that has viewers: its log, its drafts in flight and the status of its turns. */
export type Feed = {
  readonly chatId: string;
  /** Resolves when the chat is read from Postgres. Rejects when that is not possible in time. */
  readonly ready: Promise<void>;
  /** The newest event that live viewers have. */
  readonly seq: number;
  /** Resolves once `seq` is at least this, or the feed is closed. */
  reached(seq: number): Promise<void>;
  /** A page of events after a cursor. Throws when Postgres is away for long. */
  events(after: number): Promise<TailEvent[]>;
  drafts(): Iterable<DraftBuffer>;
  readonly statusVersion: number;
  statusesSince(version: number): EncodedFrame[];
  /** `delivered`: what the viewer has received, which is all that there is. */
  goLive(viewer: LiveViewer, delivered: DeliveredDrafts): void;
  leave(viewer: LiveViewer): void;

  /** An item from the wire. `readAt`: when the worker read it. */
  receive(item: WireItem, readAt: number | null): void;
  /** Postgres has events up to this seq. */
  headMoved(seq: number): void;
  statusChanged(turnId: string): void;
  /** The chat was read again, since notifications may have been lost. */
  refresh(head: ChatHead, drafts: DraftRow[]): void;
  /** The drafts to read from their checkpoints now. */
  takeDueReads(now: number): DraftWant[];
  /** Returns whether the checkpoint had anything new. */
  applyCheckpoint(checkpoint: DraftMore): boolean;
  close(): void;
};

export type FeedOptions = {
  chatId: string;
  reads: FeedReads;
  log: Pick<Logger, 'warn'>;
  now: () => number;
  /** A draft has a gap: its checkpoints are to be read soon. */
  onGap: () => void;
  /** Tokens were handed to the sinks of live viewers. `readAt`: when the worker read the oldest of them. */
  onDelivered: (readAt: number) => void;
};

/** Milliseconds that Postgres may be away before viewers that catch up are closed. */
const retryForMs = 120_000;
/** Items that are kept while the chat is being read. The text of those beyond comes from the checkpoints. */
const maxEarlyItems = 4_096;

export function createFeed({ chatId, reads, log, now, onGap, onDelivered }: FeedOptions): Feed {
  const drafts = createDraftsInFlight({
    now,
    onGap,
    onMismatch: (turnId) => log.warn({ chatId, turnId }, 'the log holds another text than was streamed'),
  });
  const group = createLiveGroup();
  const statuses = createStatuses({
    read: reads.status,
    send: group.send,
    onError: (error) => log.warn({ chatId, err: error }, "could not read a turn's status"),
  });
  const retries = { forMs: retryForMs, now, isCancelled: () => closed };
  let tail: LogTail | undefined;
  let earlyItems: WireItem[] = [];
  let headSeq = 0;
  let sendScheduled = false;
  /** When the worker read the oldest token that was not handed to sinks yet. */
  let oldestReadAt: number | null = null;
  let closed = false;

  /** At the end of the tick, so that the tokens of a burst become one frame. */
  function sendDraftsSoon() {
    if (sendScheduled) return;
    sendScheduled = true;
    setImmediate(() => {
      sendScheduled = false;
      group.sendDrafts(drafts.buffers());
      if (oldestReadAt !== null && group.size > 0) onDelivered(oldestReadAt);
      oldestReadAt = null;
    });
  }

  function apply(item: WireItem, readAt: number | null) {
    switch (item.type) {
      case 'token':
        return applyToken(item, readAt);
      case 'step':
        if (drafts.applyStep(item)) sendDraftsSoon();
        return;
      case 'heartbeat':
        return group.send(encodeFrame({ type: 'heartbeat', turnId: item.turnId, elapsedSeconds: item.elapsedSeconds }));
      case 'meta': {
        // The tokens that came before it are sent before it.
        group.sendDrafts(drafts.buffers());
        const { chatId: _, ...frame } = item;
        return group.send(encodeFrame(frame));
      }
    }
  }

  function applyToken(token: WireToken, readAt: number | null) {
    if (!drafts.applyToken(token)) return;
    oldestReadAt ??= readAt;
    sendDraftsSoon();
  }

  function beforeAdvance(entry: FeedEvent): FeedEvent {
    const applied = drafts.applyEvent(entry);
    group.sendBefore(applied);
    return applied;
  }

  function afterAdvance(entry: TailEvent) {
    const { event } = entry;
    if (event.kind === 'turn_completed' && event.turnId !== null) statuses.forget(event.turnId);
    group.sendEvent(entry);
  }

  async function load() {
    const [head] = await reads.heads([chatId]);
    const [inFlight, over] = await Promise.all([
      reads.draftsInFlight([chatId]),
      reads.draftsJustOver(chatId, head?.seq ?? 0),
    ]);
    for (const draft of over) drafts.endBeat(draft.turnId, draft.beat);
    for (const draft of inFlight) drafts.applyRow(draft);
    for (const checkpoint of await reads.checkpoints(drafts.wants())) drafts.applyCheckpoint(checkpoint);
    if (closed) return;
    tail = createLogTail({
      seq: head?.seq ?? 0,
      read: (range) => reads.events(chatId, range),
      beforeAdvance,
      afterAdvance,
      onError: (error) => log.warn({ chatId, err: error }, 'could not read the log; retrying'),
    });
    // Their delay is that of reading the chat: it does not count as the latency of a token.
    for (const item of earlyItems) apply(item, null);
    earlyItems = [];
    tail.headMoved(headSeq);
    head?.openTurns.forEach(statuses.changed);
  }

  const ready = retry(load, retries);
  ready.catch((error) => log.warn({ chatId, err: error }, 'could not read the chat'));

  return {
    chatId,
    ready,
    get seq() {
      return tail?.seq ?? 0;
    },
    reached: (seq) => tail?.reached(seq) ?? Promise.resolve(),
    events: (after) => retry(() => tail?.after(after) ?? Promise.resolve([]), retries),
    drafts: drafts.buffers,
    get statusVersion() {
      return statuses.version;
    },
    statusesSince: statuses.since,
    goLive: (viewer, delivered) => group.add(viewer, delivered, drafts.buffers()),
    leave: group.remove,
    receive(item, readAt) {
      if (tail) apply(item, readAt);
      else if (earlyItems.length < maxEarlyItems) earlyItems.push(item);
    },
    headMoved(seq) {
      headSeq = Math.max(headSeq, seq);
      tail?.headMoved(seq);
    },
    statusChanged: statuses.changed,
    refresh(head, inFlight) {
      tail?.headMoved(head.seq);
      if (inFlight.map(drafts.applyRow).includes(true)) sendDraftsSoon();
      statuses.refresh();
      head.openTurns.forEach(statuses.changed);
    },
    takeDueReads: (time) => (tail ? drafts.takeDueReads(time) : []),
    applyCheckpoint(checkpoint) {
      const changed = drafts.applyCheckpoint(checkpoint);
      if (changed) sendDraftsSoon();
      return changed;
    },
    close() {
      closed = true;
      tail?.close();
      statuses.close();
    },
  };
}
