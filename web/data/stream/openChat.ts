import { batch, computed, type ReadonlySignal, signal } from '@preact/signals';
import {
  type Backoff,
  type Chat,
  type Drafts,
  type Event,
  evolveDrafts,
  type Following,
  isTransient,
  type ViewerFrame,
} from '../../../client/src/index.js';
import type { ChatEvent } from '../../../domain/log/events.js';
import { isMark } from '../../../domain/timeline/marks.js';
import { messageOf } from '../../strings/errors.js';
import { emptyTimeline, evolveTimeline, foldTimeline, type Timeline } from '../../timeline/timeline.js';
import { type UndoableRewind, undoableRewind } from '../../timeline/undoableRewind.js';
import { client } from '../api.js';
import { service } from '../service.js';
import { coalesced } from './coalesced.js';
import { type Connection, connectionOf } from './connection.js';
import { batchFrames } from './frameBatch.js';
import { type Log, loadBefore, loadEnd, loadFrom } from './loadLog.js';
import { createReloader } from './reloader.js';
import { isAnyQueued, isFloorHeld, type TurnState, type TurnStates, withoutTurn, withStatus } from './turnStates.js';

/** A chat that is open on the page: the loaded end of its log, the replies in flight, and the turns that have not ended. */
export type OpenChat = {
  readonly id: string;
  /** Null until it is read. */
  readonly chat: ReadonlySignal<Chat | null>;
  readonly timeline: ReadonlySignal<Timeline>;
  readonly drafts: ReadonlySignal<Drafts>;
  readonly turns: ReadonlySignal<TurnStates>;
  /** Whether a turn is running, or holds the floor while it waits for an operator: Stop ends that turn. */
  readonly holdsFloor: ReadonlySignal<boolean>;
  /** Whether a turn holds the floor or is queued. The timeline can't be changed until they have ended. */
  readonly isBusy: ReadonlySignal<boolean>;
  readonly newest: ReadonlySignal<Event | null>;
  /** The rewind that can be undone, if there is one. */
  readonly undoable: ReadonlySignal<UndoableRewind | null>;
  /** Whether the log has events before those that are loaded. */
  readonly hasOlder: ReadonlySignal<boolean>;
  readonly connection: ReadonlySignal<Connection>;
  /** Why the chat can't be shown. */
  readonly failure: ReadonlySignal<string | null>;
  loadOlder(): Promise<void>;
  /** Reads the chat resource again: participants, floor and queue. */
  refresh(): Promise<void>;
  /** The listener gets each event that arrives live, and null after the timeline was reloaded. Returns its removal. */
  onEvent(listener: (event: Event | null) => void): () => void;
  /** Reconnects at once: call it when the network or the tab is back. */
  reconnect(): void;
  close(): void;
};

/** The client's types are made of the schemas of `domain`, and differ from them only in how `unknown` is written. */
const toChatEvent = (event: Event) => event as ChatEvent;

/** Kinds after which the chat resource differs; marks too. */
const changesResource: ReadonlySet<string> = new Set<ChatEvent['kind']>(['chat_settings_changed', 'chat_titled']);

const delays: Backoff = { firstMs: 500, maxMs: 10_000 };

export function openChat(chatId: string): OpenChat {
  const chat = signal<Chat | null>(null);
  const timeline = signal<Timeline>(emptyTimeline);
  const drafts = signal<Drafts>(new Map());
  const turns = signal<TurnStates>(new Map());
  const newest = signal<Event | null>(null);
  const undoable = signal<UndoableRewind | null>(null);
  const from = signal(1);
  const connection = signal<Connection>({ state: 'connecting' });
  const failure = signal<string | null>(null);
  const listeners = new Set<(event: Event | null) => void>();
  let log: Log = { from: 1, events: [] };
  let following: Following | null = null;
  let isClosed = false;

  const opening = createReloader(
    async () => {
      const read = await service.getChat(chatId);
      const end = await loadEnd(chatId, read.seq);
      if (isClosed) return;
      batch(() => {
        chat.value = read;
        showLog(end);
      });
      following = client.followChat(chatId, {
        after: Math.max(read.seq, end.events.at(-1)?.seq ?? 0),
        onFrame: batchFrames(showFrames),
        onState: (state) => {
          connection.value = connectionOf(state);
        },
      });
    },
    showOpeningFailure,
    delays,
  );

  function showOpeningFailure(error: unknown) {
    if (isTransient(error)) connection.value = { state: 'lost' };
    else failure.value = messageOf(error);
  }

  function showLog(next: Log) {
    log = next;
    from.value = next.from;
    timeline.value = foldTimeline(next.events.map(toChatEvent));
    newest.value = next.events.at(-1) ?? null;
    setUndoable();
  }

  function showFrames(frames: readonly ViewerFrame[]) {
    if (isClosed) return;
    batch(() => {
      drafts.value = frames.reduce(evolveDrafts, drafts.value);
      for (const frame of frames) {
        if (frame.type === 'event') addEvent({ ...frame, supersededBy: null, hiddenBy: null });
        if (frame.type === 'status') setTurn(frame);
      }
    });
  }

  function addEvent(event: Event) {
    if (event.seq <= (log.events.at(-1)?.seq ?? 0)) return;
    log.events.push(event);
    newest.value = event;
    setUndoable();
    timeline.value = evolveTimeline(timeline.value, toChatEvent(event));
    if (event.kind === 'turn_completed' && event.turnId) removeTurn(event.turnId);
    if (event.kind === 'turn_rolled_back') removeTurn(event.data.turnId);
    if (changesResource.has(event.kind) || isMark(event.kind)) void refresh();
    if (isMark(event.kind)) void timelineReloader.reload();
    else for (const listener of listeners) listener(event);
  }

  function setUndoable() {
    const next = undoableRewind(log.events);
    if (JSON.stringify(next) !== JSON.stringify(undoable.peek())) undoable.value = next;
  }

  function setTurn(state: TurnState) {
    const before = turns.value.get(state.turnId)?.status;
    turns.value = withStatus(turns.value, state);
    if (before !== state.status) void refresh();
  }

  function removeTurn(turnId: string) {
    turns.value = withoutTurn(turns.value, turnId);
    void refresh();
  }

  const refresh = coalesced(async () => {
    // A failure is not shown: the connection's state shows it, and the next status or event reads the chat again.
    const read = await service.getChat(chatId).catch(() => null);
    if (read && !isClosed) chat.value = read;
  });

  /** Reads the loaded events again, because marks took some out of the timeline. The old ones are shown until then. */
  const timelineReloader = createReloader(
    async () => {
      const read = await loadFrom(chatId, log.from);
      if (isClosed) return;
      const newestRead = read.events.at(-1)?.seq ?? 0;
      const arrivedSince = log.events.filter(({ seq }) => seq > newestRead);
      batch(() => showLog({ from: read.from, events: [...read.events, ...arrivedSince] }));
      for (const listener of listeners) listener(null);
    },
    () => undefined,
    delays,
  );

  const loadOlder = coalesced(async () => {
    const before = await loadBefore(chatId, log.from).catch(() => null);
    if (isClosed || !before || before.from >= log.from) return;
    batch(() => showLog({ from: before.from, events: [...before.events, ...log.events] }));
  });

  void opening.reload();

  const holdsFloor = computed(() => isFloorHeld(turns.value, chat.value?.activeTurnId ?? null));
  return {
    id: chatId,
    chat,
    timeline,
    drafts,
    turns,
    holdsFloor,
    isBusy: computed(() => holdsFloor.value || isAnyQueued(turns.value)),
    newest,
    undoable,
    hasOlder: computed(() => from.value > 1),
    connection,
    failure,
    loadOlder,
    refresh,
    onEvent(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    reconnect: () => following?.reconnect(),
    close() {
      isClosed = true;
      opening.stop();
      timelineReloader.stop();
      following?.close();
    },
  };
}
