import { batch, computed, type ReadonlySignal, signal } from '@preact/signals';
import {
  type Backoff,
  backoffMs,
  type Drafts,
  evolveDrafts,
  type Following,
  isTransient,
  type ViewerFrame,
} from '../../client/src/index.js';
import { isMark } from '../../domain/timeline/marks.js';
import { hasEnded } from '../../domain/turns/endStatus.js';
import { emptyTimeline, evolveTimeline, foldTimeline, type Timeline } from '../timeline/timeline.js';
import { get, messageOf } from './api.js';
import { coalesced } from './coalesced.js';
import { type Connection, followChat } from './connection.js';
import { type Log, loadBefore, loadEnd, loadFrom } from './loadLog.js';
import type { Chat, ChatEvent, StepView, TurnStatus } from './resources.js';

/** What a turn that has not ended is doing. */
export type TurnState = { turnId: string; status: TurnStatus; phase: string; steps: StepView[] };

/** One chat as the page has it open: its log's end, the replies in flight, and what its turns do. */
export type OpenChat = {
  readonly id: string;
  /** Null until it is read. */
  readonly chat: ReadonlySignal<Chat | null>;
  readonly timeline: ReadonlySignal<Timeline>;
  readonly drafts: ReadonlySignal<Drafts>;
  readonly turns: ReadonlySignal<ReadonlyMap<string, TurnState>>;
  /** Whether somebody speaks, or waits for a person's word before going on: what a stop ends. */
  readonly holdsFloor: ReadonlySignal<boolean>;
  /** Whether a turn holds the floor or waits for it: until then the timeline can't be changed. */
  readonly isBusy: ReadonlySignal<boolean>;
  /** The newest event, as the live socket or the log had it. */
  readonly newest: ReadonlySignal<ChatEvent | null>;
  /** Whether the log goes on before what is loaded. */
  readonly hasOlder: ReadonlySignal<boolean>;
  readonly connection: ReadonlySignal<Connection>;
  /** Why the chat can't be shown. */
  readonly failure: ReadonlySignal<string | null>;
  loadOlder(): Promise<void>;
  /** Reads the chat's own resource anew: who is in it, who has the floor. */
  refresh(): Promise<void>;
  /** Called with each event that comes live, and with null when the timeline has changed. */
  onEvent(listener: (event: ChatEvent | null) => void): () => void;
  hurry(): void;
  close(): void;
};

const retry: Backoff = { firstMs: 500, maxMs: 10_000 };

export function openChat(chatId: string): OpenChat {
  const chat = signal<Chat | null>(null);
  const timeline = signal<Timeline>(emptyTimeline);
  const drafts = signal<Drafts>(new Map());
  const turns = signal<ReadonlyMap<string, TurnState>>(new Map());
  const newest = signal<ChatEvent | null>(null);
  const from = signal(1);
  const connection = signal<Connection>({ state: 'connecting' });
  const failure = signal<string | null>(null);
  const listeners = new Set<(event: ChatEvent | null) => void>();
  let log: Log = { from: 1, events: [] };
  let following: Following | null = null;
  let frames: ViewerFrame[] = [];
  let scheduled = false;
  let closed = false;
  let beginning: number | undefined;

  async function load() {
    const read = await get<Chat>(`/v1/chats/${chatId}`);
    const end = await loadEnd(chatId, read.seq);
    if (closed) return;
    batch(() => {
      chat.value = read;
      show(end);
    });
    const after = Math.max(read.seq, end.events.at(-1)?.seq ?? 0);
    following = followChat(chatId, { after, onFrame: take, onConnection: (now) => (connection.value = now) });
  }

  function show(next: Log) {
    log = next;
    from.value = next.from;
    timeline.value = foldTimeline(next.events);
    newest.value = next.events.at(-1) ?? null;
  }

  /** Many frames come at once: the page shows them together, before its next picture. Hidden pages draw none. */
  function take(frame: ViewerFrame) {
    frames.push(frame);
    if (scheduled) return;
    scheduled = true;
    if (document.hidden) setTimeout(showFrames, 100);
    else requestAnimationFrame(showFrames);
  }

  function showFrames() {
    scheduled = false;
    const taken = frames;
    frames = [];
    if (closed) return;
    batch(() => {
      drafts.value = taken.reduce(evolveDrafts, drafts.value);
      for (const frame of taken) {
        if (frame.type === 'event') addEvent({ ...frame, supersededBy: null, hiddenBy: null } as ChatEvent);
        if (frame.type === 'status') takeStatus(frame);
      }
    });
  }

  function addEvent(event: ChatEvent) {
    if (event.seq <= (log.events.at(-1)?.seq ?? 0)) return;
    log.events.push(event);
    newest.value = event;
    timeline.value = evolveTimeline(timeline.value, event);
    if (event.kind === 'turn_completed' && event.turnId) endTurn(event.turnId);
    if (event.kind === 'turn_rolled_back') endTurn(event.data.turnId);
    if (isMark(event.kind)) void reload();
    else for (const tell of listeners) tell(event);
  }

  function takeStatus({ turnId, status, phase, steps }: TurnState) {
    if (hasEnded({ status })) return endTurn(turnId);
    const before = turns.value.get(turnId)?.status;
    turns.value = new Map(turns.value).set(turnId, { turnId, status, phase, steps });
    if (before !== status) void refresh();
  }

  function endTurn(turnId: string) {
    const left = new Map(turns.value);
    if (left.delete(turnId)) turns.value = left;
    void refresh();
  }

  const refresh = coalesced(async () => {
    // What it says is news of the floor only; that the service is away, the connection says.
    const read = await get<Chat>(`/v1/chats/${chatId}`).catch(() => null);
    if (read && !closed) chat.value = read;
  });

  /** What left the timeline, or came back, is known to the log. The old stays until the new is there. */
  const reload = coalesced(async () => {
    for (let tries = 0; !closed; tries++) {
      const fresh = await loadFrom(chatId, log.from).catch(() => null);
      if (closed) return;
      if (fresh) return showAnew(fresh);
      await new Promise((resolve) => setTimeout(resolve, backoffMs(tries, retry)));
    }
  });

  /** What came while it was read comes after it. */
  function showAnew({ from: first, events }: Log) {
    const newestRead = events.at(-1)?.seq ?? 0;
    const since = log.events.filter(({ seq }) => seq > newestRead);
    batch(() => show({ from: first, events: [...events, ...since] }));
    for (const tell of listeners) tell(null);
  }

  const loadOlder = coalesced(async () => {
    const before = await loadBefore(chatId, log.from).catch(() => null);
    if (closed || !before || before.from >= log.from) return;
    batch(() => show({ from: before.from, events: [...before.events, ...log.events] }));
  });

  /** Until the service can be reached and is well, or says that there is no such chat. */
  function begin(tries = 0) {
    load().catch((error: unknown) => {
      if (closed) return;
      if (!isTransient(error)) {
        failure.value = messageOf(error);
        return;
      }
      connection.value = { state: 'lost' };
      beginning = setTimeout(() => begin(tries + 1), backoffMs(tries, retry));
    });
  }

  begin();

  const holdsFloor = computed(() =>
    [...turns.value.values()].some(({ status, turnId }) =>
      status === 'awaiting_operator' ? chat.value?.activeTurnId === turnId : status === 'running',
    ),
  );
  return {
    id: chatId,
    chat,
    timeline,
    drafts,
    turns,
    holdsFloor,
    isBusy: computed(() => holdsFloor.value || [...turns.value.values()].some(({ status }) => status === 'queued')),
    newest,
    hasOlder: computed(() => from.value > 1),
    connection,
    failure,
    loadOlder,
    refresh,
    onEvent(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    hurry: () => following?.reconnect(),
    close() {
      closed = true;
      clearTimeout(beginning);
      following?.close();
    },
  };
}
