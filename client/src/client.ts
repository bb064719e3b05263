import { eventStreamTransport } from './eventStreamTransport.js';
import { type Following, type FollowOptions, followChat } from './followChat.js';
import { chatFrames, type FramesOptions } from './frames.js';
import { type Answer, createSend, type RequestOptions, type RequestSettings, refusalsThrown } from './request.js';
import { type RetryOptions, withRetries } from './retry.js';
import type { Chat, Event, Message, NewTurn, Turn, ViewerFrame } from './schema.js';
import type { Transport } from './transport.js';
import { type WebSocketConstructor, webSocketTransport } from './webSocketTransport.js';

export type ClientOptions = RequestSettings & {
  /** By default the global one, where there is one; else, and when null, chats are followed over server-sent events. */
  WebSocket?: WebSocketConstructor | null;
};

/** A page of a list; `next` is the cursor of the next page, null at the end. */
export type Page<T> = { items: T[]; next: string | null };

export type PostTurnOptions = RetryOptions & {
  /** Posts with the same key make one turn. A new one by default; keep your own to repeat a post after a reload. */
  idempotencyKey?: string;
};

export type WaitOptions = { signal?: AbortSignal };

/**
 * A client of one service. Every method but `send` throws `ApiError` when the service refuses, and
 * `UnreachableError` when it is away.
 */
export type Client = {
  /** One request to any call of the API, not repeated. A refusal is an answer here, and not thrown. */
  send<T>(method: string, path: string, options?: RequestOptions): Promise<Answer<T>>;
  /** One request to any call of the API, not repeated. */
  request<T>(method: string, path: string, options?: RequestOptions): Promise<Answer<T>>;
  /** A GET, repeated while the service is away. */
  get<T>(path: string, options?: RetryOptions): Promise<T>;
  /** The items of a list, page by page. `path` may have a query. */
  list<T>(path: string, options?: RetryOptions): AsyncGenerator<T, void, undefined>;
  getChat(chatId: string, options?: RetryOptions): Promise<Chat>;
  /**
   * Starts a turn. Repeats the post under one idempotency key until the service has answered, so that the turn is
   * accepted once. Once this resolves the turn can not be lost.
   */
  postTurn(chatId: string, turn: NewTurn, options?: PostTurnOptions): Promise<Turn>;
  getTurn(turnId: string, options?: RetryOptions): Promise<Turn>;
  /** Stops a turn; what has arrived of its reply is kept. */
  cancelTurn(turnId: string, options?: RetryOptions): Promise<void>;
  /** Waits until a turn has ended, over any lost connection. */
  waitForTurn(turnId: string, options?: WaitOptions): Promise<Turn>;
  messages(chatId: string, options?: RetryOptions): AsyncGenerator<Message, void, undefined>;
  events(chatId: string, query?: { after?: number; includeHidden?: boolean }): AsyncGenerator<Event, void, undefined>;
  /** Follows a chat with callbacks. */
  followChat(chatId: string, options: FollowOptions): Following;
  /** Follows a chat as an async iterable. */
  frames(chatId: string, options?: FramesOptions): AsyncGenerator<ViewerFrame, void, undefined>;
};

const ended: ReadonlySet<Turn['status']> = new Set<Turn['status']>(['completed', 'cancelled', 'failed']);
const maxPages = 10_000;

export function createClient(options: ClientOptions): Client {
  const send = createSend(options);
  const request = refusalsThrown(send);
  const transport = transportOf(options);

  const get = <T>(path: string, retry?: RetryOptions) =>
    withRetries(async () => (await request<T>('GET', path, signalOf(retry))).body, retry);

  async function* list<T>(path: string, retry?: RetryOptions): AsyncGenerator<T, void, undefined> {
    const join = path.includes('?') ? '&' : '?';
    let next: string | null = null;
    for (let page = 0; page < maxPages; page += 1) {
      const read: Page<T> = await get(next === null ? path : `${path}${join}cursor=${encodeURIComponent(next)}`, retry);
      yield* read.items;
      next = read.next;
      if (next === null) return;
    }
  }

  const getTurn = (turnId: string, retry?: RetryOptions) => get<Turn>(`/v1/turns/${segment(turnId)}`, retry);

  return {
    send,
    request,
    get,
    list,
    getTurn,
    getChat: (chatId, retry) => get<Chat>(`/v1/chats/${segment(chatId)}`, retry),
    async postTurn(chatId, turn, { idempotencyKey = crypto.randomUUID(), ...retry } = {}) {
      const post = { body: turn, headers: { 'idempotency-key': idempotencyKey }, ...signalOf(retry) };
      const postOnce = () => request<{ turn: Turn }>('POST', `/v1/chats/${segment(chatId)}/turns`, post);
      return (await withRetries(postOnce, retry)).body.turn;
    },
    async cancelTurn(turnId, retry) {
      await withRetries(() => request('POST', `/v1/turns/${segment(turnId)}/cancel`, signalOf(retry)), retry);
    },
    async waitForTurn(turnId, { signal } = {}) {
      const patient = { attempts: Number.POSITIVE_INFINITY, ...(signal ? { signal } : {}) };
      const turn = await getTurn(turnId, patient);
      if (ended.has(turn.status)) return turn;
      const stop = new AbortController();
      const abort = () => stop.abort();
      signal?.addEventListener('abort', abort);
      try {
        for await (const frame of chatFrames(transport, turn.chatId, {
          after: turn.userTurnSeq,
          signal: stop.signal,
        })) {
          if (frame.type === 'event' && frame.kind === 'turn_completed' && frame.turnId === turnId) break;
        }
      } finally {
        signal?.removeEventListener('abort', abort);
      }
      signal?.throwIfAborted();
      return getTurn(turnId, patient);
    },
    messages: (chatId, retry) => list<Message>(`/v1/chats/${segment(chatId)}/messages?limit=100`, retry),
    async *events(chatId, { after = 0, includeHidden = false } = {}) {
      const hidden = includeHidden ? '&include=hidden' : '';
      let from = after;
      for (;;) {
        const path = `/v1/chats/${segment(chatId)}/events?after=${from}&limit=1000${hidden}`;
        const { items, next } = await get<Page<Event>>(path);
        yield* items;
        if (next === null) return;
        from = Number(next);
      }
    },
    followChat: (chatId, follow) => followChat(transport, chatId, follow),
    frames: (chatId, follow) => chatFrames(transport, chatId, follow),
  };
}

const segment = encodeURIComponent;
const signalOf = (retry?: RetryOptions) => (retry?.signal ? { signal: retry.signal } : {});

function transportOf(options: ClientOptions): Transport {
  const WebSocket =
    options.WebSocket === undefined
      ? (globalThis as { WebSocket?: WebSocketConstructor }).WebSocket
      : options.WebSocket;
  return WebSocket ? webSocketTransport(options, WebSocket) : eventStreamTransport(options);
}
