import { eventStreamTransport } from './follow/eventStreamTransport.js';
import { type Following, type FollowOptions, followChat } from './follow/followChat.js';
import { chatFrames, type FramesOptions } from './follow/frames.js';
import type { Transport } from './follow/transport.js';
import { type WebSocketConstructor, webSocketTransport } from './follow/webSocketTransport.js';
import {
  type Answer,
  createSend,
  type RequestOptions,
  type RequestSettings,
  throwRefusals,
} from './requests/request.js';
import { type RetryOptions, withRetries } from './requests/retry.js';
import type { Attachment, Chat, Event, Message, NewTurn, Turn, ViewerFrame } from './schema.js';

export type ClientOptions = RequestSettings & {
  /** The global one by default. If there is none, or this is null, chats are followed over server-sent events. */
  WebSocket?: WebSocketConstructor | null;
};

/** A page of a list; `next` is the cursor of the next page, null at the end. */
export type Page<T> = { items: T[]; next: string | null };

export type PostTurnOptions = RetryOptions & {
  /** Posts with the same key start one turn. A new key by default; store your own to repeat a post after a reload. */
  idempotencyKey?: string;
};

export type WaitOptions = { signal?: AbortSignal };

/**
 * A client of one service. Every method but `send` throws `ApiError` if the service refuses the request, and
 * `UnreachableError` if the service can not be reached.
 */
export type Client = {
  /** Sends one request to the API, without retries. Resolves with the answer of any status. */
  send<T>(method: string, path: string, options?: RequestOptions): Promise<Answer<T>>;
  /** Sends one request to the API, without retries. */
  request<T>(method: string, path: string, options?: RequestOptions): Promise<Answer<T>>;
  /** Sends a GET request and returns the body. Repeats it while the service is unavailable. */
  get<T>(path: string, options?: RetryOptions): Promise<T>;
  /** Iterates over the items of a list and reads page by page. `path` may have a query. */
  list<T>(path: string, options?: RetryOptions): AsyncGenerator<T, void, undefined>;
  getChat(chatId: string, options?: RetryOptions): Promise<Chat>;
  /**
   * Starts a turn. Repeats the post with one idempotency key until the service answers, so that the turn is accepted
   * once. An accepted turn can not be lost.
   */
  postTurn(chatId: string, turn: NewTurn, options?: PostTurnOptions): Promise<Turn>;
  /**
   * Uploads an image or a text file for the `attachments` of a turn, at most 10 MiB. What no message has is removed after a
   * day.
   */
  uploadAttachment(
    bytes: Blob | ArrayBuffer | Uint8Array<ArrayBuffer>,
    of: { mediaType: string; name?: string },
    options?: RetryOptions,
  ): Promise<Attachment>;
  /** The bytes of an attachment; the blob has its media type. */
  readAttachment(id: string, options?: RetryOptions): Promise<Blob>;
  /**
   * Has the chat's model write the user's next message, to edit and send: nothing of it is in the log. `hint`: what the
   * message should say. Takes up to a minute; an aborted `signal` stops the model. Is not repeated.
   */
  impersonate(chatId: string, about?: { hint?: string }, options?: WaitOptions): Promise<string>;
  getTurn(turnId: string, options?: RetryOptions): Promise<Turn>;
  /** Stops a turn. The text of its reply so far is kept. */
  cancelTurn(turnId: string, options?: RetryOptions): Promise<void>;
  /** Waits until a turn has ended. Reconnects as often as needed. */
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
/** Longer than the service takes. */
const impersonateMs = 75_000;

export function createClient(options: ClientOptions): Client {
  const send = createSend(options);
  const request = throwRefusals(send);
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
    async uploadAttachment(bytes, { mediaType, name }, retry) {
      const headers = {
        'content-type': mediaType,
        ...(name === undefined ? {} : { 'x-filename': encodeURIComponent(name.replace(/\p{Surrogate}/gu, '\ufffd')) }),
      };
      const upload = () => request<Attachment>('POST', '/v1/attachments', { bytes, headers, ...signalOf(retry) });
      return (await withRetries(upload, retry)).body;
    },
    async readAttachment(id, retry) {
      const path = `/v1/attachments/${segment(id)}`;
      return (await withRetries(() => request<Blob>('GET', path, { as: 'blob', ...signalOf(retry) }), retry)).body;
    },
    async impersonate(chatId, about = {}, { signal } = {}) {
      const options = { body: about, timeoutMs: impersonateMs, ...(signal ? { signal } : {}) };
      const path = `/v1/chats/${segment(chatId)}/impersonate`;
      return (await request<{ text: string }>('POST', path, options)).body.text;
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
