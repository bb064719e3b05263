import type { Client } from '../client.js';
import { evolveDrafts } from '../drafts.js';
import { FollowError } from '../errors.js';
import type { Following } from '../follow/followChat.js';
import { onPageBack } from '../follow/pageEvents.js';
import type { ChatKind, EventFrame, NewTurn, Thinking, Turn, ViewerFrame } from '../schema.js';
import { createListeners } from './listeners.js';
import { readChatState, readNewest } from './newestMessages.js';
import { onceAtATime } from './onceAtATime.js';
import { createOutbox, type SendOptions } from './outbox.js';
import { evolveMessages, rewritesMessages, withMessage } from './shownMessages.js';
import { type Decision, decideCall, regenerateTurn } from './storeActions.js';
import { emptyState, evolveTurns, type StoreState, snapshotOf, type TurnsSnapshot } from './turnsSnapshot.js';

export type TurnStoreOptions = {
  /** How many of the newest messages are read; 500 by default. */
  history?: number;
};

/** One chat, its state, and what a person can do in it. Actions never reject: what went wrong is in `error`. */
export type TurnStore = {
  /** Follows the chat while there are listeners. Returns how to unsubscribe. */
  subscribe(listener: () => void): () => void;
  /** The same object until the state changes. */
  getSnapshot(): TurnsSnapshot;
  /** The state of a chat of which nothing is loaded, for a server that renders the page. */
  getServerSnapshot(): TurnsSnapshot;
  /** Sends a message, and again until the service has answered. Null if it was refused: the message stays as `failed`. */
  send(turn: string | NewTurn, options?: SendOptions): Promise<Turn | null>;
  /** Sends a failed message again, under its first idempotency key. `id`: of the message. */
  retry(id: string): Promise<Turn | null>;
  /** Removes a failed message. */
  discard(id: string): void;
  /** Stops the replies that are awaited or arrive. What has arrived of them is kept. */
  stop(): Promise<void>;
  /** Asks for the last reply again, for other text or the same. */
  regenerate(options?: { text?: string }): Promise<Turn | null>;
  approve(callId: string, decision?: Partial<Decision>): Promise<void>;
  /** Reconnects now, if the connection is lost. */
  reconnect(): void;
};

/** The time from the first listener to the last. */
type Session = { following: Following | null; end: AbortController; leavePage: () => void };

/** Milliseconds for which the connection outlives the last listener: a page that mounts twice opens one. */
const lingerMs = 100;
const maxOver = 100;
const serverSnapshot = snapshotOf(emptyState);

/** The state of a chat for pages. It opens nothing before it has a listener. */
export function createTurnStore(client: Client, chatId: string, { history = 500 }: TurnStoreOptions = {}): TurnStore {
  let state: StoreState = emptyState;
  let shown: TurnsSnapshot | null = null;
  let session: Session | null = null;
  let cursor: number | null = null;
  let kind: ChatKind | null = null;
  /** Turns that have ended lately. */
  const over = new Set<string>();
  /** Events that arrive while the messages are read: what is read may be older. */
  let sinceRead: EventFrame[] | null = null;

  function set(change: Partial<StoreState>): void {
    state = { ...state, ...change };
    shown = null;
    listeners.notify();
  }

  const outbox = createOutbox(client, chatId, {
    change: (unsent, more) => set({ unsent, ...more }),
    accepted(message, turn, unsent) {
      begin(turn);
      set({ messages: withMessage(state.messages, message), unsent });
    },
  });

  /** A turn is awaited from its acceptance on, unless its end was faster than the answer. */
  function begin(turn: Turn): Turn {
    const { id: turnId, status, phase, steps } = turn;
    const frame = { type: 'status', turnId, status, phase, steps } as const;
    if (!over.has(turnId) && !state.turns.has(turnId)) set({ turns: evolveTurns(state.turns, frame) });
    return turn;
  }

  const reload = onceAtATime(async () => {
    const signal = session?.end.signal;
    if (!signal || signal.aborted) return;
    sinceRead = [];
    const messages = await readNewest(client, chatId, { history, signal });
    const events: EventFrame[] = sinceRead ?? [];
    sinceRead = null;
    set({ messages: events.reduce(evolveMessages, messages) });
  }, fail);

  /** No event says that a call waits: only the status of its turn changes. */
  const readCalls = onceAtATime(async () => {
    const signal = session?.end.signal;
    if (!signal || signal.aborted) return;
    const thinking = await client.get<Thinking | null>(`/v1/chats/${encodeURIComponent(chatId)}/thinking`, { signal });
    set({ calls: thinking?.toolCalls ?? [] });
  }, fail);

  function fail(error: unknown): void {
    if (session && !session.end.signal.aborted) set({ error: error as Error });
  }

  function take(frame: ViewerFrame): void {
    const drafts = evolveDrafts(state.drafts, frame);
    const turns = evolveTurns(state.turns, frame);
    const messages = frame.type === 'event' ? evolveMessages(state.messages, frame) : state.messages;
    if (frame.type === 'event') takeEvent(frame);
    if (drafts !== state.drafts || messages !== state.messages || turns !== state.turns)
      set({ drafts, messages, turns });
    const mayChangeCalls = frame.type === 'status' || (frame.type === 'event' && frame.kind === 'tool_call_end');
    if (kind === 'agent' && mayChangeCalls) void readCalls();
  }

  function takeEvent(frame: EventFrame): void {
    cursor = frame.seq;
    sinceRead?.push(frame);
    if (frame.kind === 'turn_completed' && frame.turnId !== null) over.add(frame.turnId);
    if (over.size > maxOver) over.delete(over.values().next().value!);
    if (frame.kind === 'user_turn') outbox.arrived(frame.data.text);
    if (rewritesMessages(frame)) void reload();
  }

  async function open(): Promise<void> {
    const end = new AbortController();
    const own: Session = { following: null, end, leavePage: onPageBack(reconnect) };
    session = own;
    try {
      if (cursor === null) {
        const chat = await readChatState(client, chatId, { history, signal: end.signal });
        if (end.signal.aborted) return;
        [kind, cursor] = [chat.kind, chat.seq];
        set({ messages: chat.messages, isLoaded: true });
      }
      own.following = client.followChat(chatId, {
        after: cursor,
        onFrame: take,
        onState(connection) {
          const error = connection.name === 'refused' ? new FollowError(connection.code, connection.closeCode) : null;
          const hasConnected = state.hasConnected || connection.name === 'live';
          set({ connection: connection.name, hasConnected, ...(error ? { error } : {}) });
        },
      });
    } catch (error) {
      if (!end.signal.aborted) set({ error: error as Error, connection: 'refused' });
    }
  }

  function close(): void {
    session?.end.abort();
    session?.following?.close();
    session?.leavePage();
    session = null;
  }

  const listeners = createListeners(lingerMs, { start: () => void open(), end: close });
  const reconnect = () => session?.following?.reconnect();

  /** Runs an action, whose error becomes part of the state. */
  async function act<T>(work: () => Promise<T>): Promise<T | null> {
    set({ error: null });
    try {
      return await work();
    } catch (error) {
      set({ error: error as Error });
      return null;
    }
  }

  return {
    subscribe: listeners.add,
    getSnapshot: () => (shown ??= snapshotOf(state)),
    getServerSnapshot: () => serverSnapshot,
    send: outbox.send,
    retry: outbox.retry,
    discard: outbox.discard,
    async stop() {
      await act(async () => {
        await outbox.settled();
        const replying = [...state.turns.values()].filter(({ phase }) => phase === 'waiting' || phase === 'replying');
        await Promise.all(replying.map(({ turnId }) => client.cancelTurn(turnId)));
      });
    },
    regenerate: ({ text } = {}) =>
      act(async () => {
        const turnId = state.messages.findLast((message) => message.turnId !== null)?.turnId;
        if (!turnId) throw new Error('There is no reply to make again.');
        return begin(await regenerateTurn(client, { turnId, text, key: crypto.randomUUID() }));
      }),
    async approve(callId, { approved = true, comment } = {}) {
      await act(async () => {
        const waiting = snapshotOf(state).approvals.find((call) => call.callId === callId);
        if (!waiting) throw new Error('The call does not wait for approval.');
        await decideCall(client, waiting, { approved, comment });
        set({ calls: state.calls.filter(({ id }) => id !== callId) });
      });
    },
    reconnect,
  };
}
