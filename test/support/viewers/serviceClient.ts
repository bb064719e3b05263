import {
  ApiError,
  type Chat,
  createClient,
  type NewTurn,
  type Page,
  type Problem,
  type Turn,
} from '../../../client/src/index.js';
import type { ChatEvent } from '../../../domain/log/events.js';

export type PostTurn = Omit<NewTurn, 'text'> & {
  idempotencyKey?: string;
  /** Sent as `Prefer: wait=N`. */
  waitSeconds?: number;
};

export type ServiceClient = ReturnType<typeof createServiceClient>;

/**
 * The client package for tests: calls that are sent once, so that a test sees each answer, and the resources that
 * most tests need. `send` returns refusals, all other calls throw them as `ApiError`. `timeoutMs` bounds each request.
 */
export function createServiceClient(base: string, options: { key?: string; timeoutMs?: number } = {}) {
  const client = createClient({ ...options, baseUrl: base, WebSocket: null });

  const send = <T>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    client.send<T>(method, path, { body, headers });

  const call = async <T>(method: string, path: string, body?: unknown): Promise<T> =>
    (await client.request<T>(method, path, { body })).body;

  const sendTurn = (chatId: string, text: string, turn: PostTurn = {}) => {
    const { idempotencyKey, waitSeconds, ...fields } = turn;
    return send<{ turn: Turn } & Problem>(
      'POST',
      `/v1/chats/${chatId}/turns`,
      { text, ...fields },
      {
        ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
        ...(waitSeconds === undefined ? {} : { prefer: `wait=${waitSeconds}` }),
      },
    );
  };

  const createCharacter = async (name = 'Mira', persona = 'A lighthouse keeper.', greeting: string | null = null) =>
    call<{ id: string }>('POST', '/v1/characters', { name, persona, greeting });
  const createChat = (hostId: string) => call<Chat>('POST', '/v1/chats', { kind: 'narrative', hostId });

  return {
    base,
    send,
    sendTurn,
    createCharacter,
    createChat,
    /** A new narrative chat with a new host. */
    newChat: async (): Promise<Chat> => createChat((await createCharacter()).id),
    getChat: (chatId: string) => call<Chat>('GET', `/v1/chats/${chatId}`),
    getTurn: (turnId: string) => call<Turn>('GET', `/v1/turns/${turnId}`),
    async postTurn(chatId: string, text: string, turn: PostTurn = {}): Promise<Turn> {
      const { status, body } = await sendTurn(chatId, text, turn);
      if (status !== 202 && status !== 200) throw new ApiError(status, body.code, body.detail);
      return body.turn;
    },
    cancelTurn: (turnId: string) => send<null>('POST', `/v1/turns/${turnId}/cancel`),
    cancelChat: (chatId: string) => send<null>('POST', `/v1/chats/${chatId}/turns/cancel`),
    messages: (chatId: string) =>
      call<Page<{ role: string; content: string; truncated?: boolean }>>('GET', `/v1/chats/${chatId}/messages`),
    /** The whole log, hidden and superseded events included when asked for. */
    async events(chatId: string, query: { includeHidden?: boolean } = {}): Promise<ChatEvent[]> {
      const events: ChatEvent[] = [];
      for await (const event of client.events(chatId, query)) events.push(event as ChatEvent);
      return events;
    },
    /** The chat's frames over server-sent events, until the signal aborts. */
    frames: (chatId: string, after: number, signal: AbortSignal) => client.frames(chatId, { after, signal }),
    /** Waits for the turn's end, also over restarts of the api. */
    async awaitTurnEnd(turnId: string, timeoutMs = 60_000): Promise<Turn> {
      const signal = AbortSignal.timeout(timeoutMs);
      try {
        return await client.waitForTurn(turnId, { signal });
      } catch (error) {
        if (!signal.aborted) throw error;
        throw new Error(`turn ${turnId} did not end within ${timeoutMs} ms`, { cause: error });
      }
    },
  };
}
