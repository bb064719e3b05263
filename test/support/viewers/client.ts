import { EventSourceParserStream } from 'eventsource-parser/stream';
import type { ChatEvent } from '../../../domain/log/events.js';
import type { StepView, ViewerFrame } from '../../../domain/log/frames.js';
import type { PublicError, TokenUsage, TurnStatus, WhenBusy, WhenFailed } from '../../../domain/turns/turn.js';

export type Beat = {
  beat: number;
  speakerId: string;
  epoch: number;
  attempt: number;
  status: string;
  text: string;
  truncated: boolean;
  seq?: number;
};

export type TurnResource = {
  id: string;
  chatId: string;
  kind: string;
  status: TurnStatus;
  phase: string;
  queuePosition?: number;
  userTurnSeq: number;
  beats: Beat[];
  steps: StepView[];
  usage: TokenUsage | null;
  warnings: string[];
  error?: PublicError;
  workflowId: string;
  runId?: string;
  temporalUiUrl?: string;
  createdAt: string;
  startedAt?: string;
  finishedAt?: string;
  engine: 'ok' | 'unreachable' | 'failing';
};

export type ChatResource = {
  id: string;
  kind: string;
  seq: number;
  activeTurnId: string | null;
  queue: unknown[];
};

export type Answer<T> = { status: number; headers: Headers; body: T };
export type Problem = { type: string; title: string; status: number; detail?: string; code: string };

export type PostTurn = {
  whenBusy?: WhenBusy;
  whenFailed?: WhenFailed;
  quote?: string;
  idempotencyKey?: string;
  /** Sent as `Prefer: wait=N`. */
  waitSeconds?: number;
};

class UnexpectedAnswer extends Error {
  override readonly name = 'UnexpectedAnswer';
  constructor(
    readonly request: string,
    readonly answer: Answer<unknown>,
  ) {
    super(`${request} was answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  }
}

const ended = new Set<TurnStatus>(['completed', 'cancelled', 'failed']);

export type ServiceClient = ReturnType<typeof createClient>;

/** The service as its clients see it: HTTP only. Every call has a bound; statuses other than 2xx throw, `send` excepted. */
export function createClient(base: string, options: { key?: string; timeoutMs?: number } = {}) {
  const authorization: Record<string, string> = options.key ? { authorization: `Bearer ${options.key}` } : {};

  async function send<T>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const response = await fetch(base + path, {
      method,
      headers: { ...authorization, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(options.timeoutMs ?? 30_000),
    });
    const text = await response.text();
    const isJson = /\bjson\b/.test(response.headers.get('content-type') ?? '');
    return {
      status: response.status,
      headers: response.headers,
      body: (isJson ? JSON.parse(text) : text) as T,
    } satisfies Answer<T>;
  }

  async function call<T>(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<T> {
    const answer = await send<T>(method, path, body, headers);
    if (answer.status >= 300) throw new UnexpectedAnswer(`${method} ${path}`, answer);
    return answer.body;
  }

  const turnHeaders = (turn: PostTurn): Record<string, string> => ({
    ...(turn.idempotencyKey === undefined ? {} : { 'idempotency-key': turn.idempotencyKey }),
    ...(turn.waitSeconds === undefined ? {} : { prefer: `wait=${turn.waitSeconds}` }),
  });

  const sendTurn = (chatId: string, text: string, turn: PostTurn = {}) => {
    const { idempotencyKey: _key, waitSeconds: _wait, ...fields } = turn;
    return send<{ turn: TurnResource } & Problem>(
      'POST',
      `/v1/chats/${chatId}/turns`,
      { text, ...fields },
      turnHeaders(turn),
    );
  };

  async function* frames(chatId: string, after: number, signal: AbortSignal): AsyncGenerator<ViewerFrame> {
    const response = await fetch(`${base}/v1/chats/${chatId}/events?after=${after}`, {
      headers: { ...authorization, accept: 'text/event-stream' },
      signal,
    });
    if (!response.ok || !response.body) throw new Error(`the events' stream was answered ${response.status}`);
    const events = response.body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
    for await (const event of events) yield JSON.parse(event.data) as ViewerFrame;
  }

  const getTurn = (turnId: string) => call<TurnResource>('GET', `/v1/turns/${turnId}`);

  /** The turn, if it has ended; else what follows the chat's events until it has, or the connection is lost. */
  async function followTurn(turnId: string, signal: AbortSignal): Promise<TurnResource | null> {
    const turn = await getTurn(turnId);
    if (ended.has(turn.status)) return turn;
    for await (const frame of frames(turn.chatId, turn.userTurnSeq, signal)) {
      const ends = frame.type === 'event' && frame.kind === 'turn_completed' && frame.turnId === turnId;
      if (ends) return getTurn(turnId);
    }
    return null;
  }

  /** Waits for the turn's end, connecting anew where the api was away. */
  async function awaitTurnEnd(turnId: string, timeoutMs = 30_000): Promise<TurnResource> {
    const deadline = AbortSignal.timeout(timeoutMs);
    let lastError: unknown = null;
    while (!deadline.aborted) {
      try {
        const turn = await followTurn(turnId, deadline);
        if (turn) return turn;
      } catch (error) {
        if (error instanceof UnexpectedAnswer && error.answer.status < 500) throw error;
        lastError = error;
      }
      await pause(100);
    }
    throw new Error(`turn ${turnId} did not end within ${timeoutMs} ms`, { cause: lastError });
  }

  return {
    base,
    send,
    sendTurn,
    getTurn,
    frames,
    awaitTurnEnd,
    createCharacter: async (name = 'Mira', persona = 'A lighthouse keeper.') =>
      call<{ id: string }>('POST', '/v1/characters', { name, persona }),
    createChat: async (hostId: string) => call<ChatResource>('POST', '/v1/chats', { kind: 'narrative', hostId }),
    /** A new narrative chat with a new host. */
    async newChat(): Promise<ChatResource> {
      const host = await call<{ id: string }>('POST', '/v1/characters', {
        name: 'Mira',
        persona: 'Keeps a lighthouse.',
      });
      return call<ChatResource>('POST', '/v1/chats', { kind: 'narrative', hostId: host.id });
    },
    getChat: (chatId: string) => call<ChatResource>('GET', `/v1/chats/${chatId}`),
    async postTurn(chatId: string, text: string, turn: PostTurn = {}): Promise<TurnResource> {
      const answer = await sendTurn(chatId, text, turn);
      if (answer.status !== 202 && answer.status !== 200) throw new UnexpectedAnswer('POST turn', answer);
      return answer.body.turn;
    },
    cancelTurn: (turnId: string) => send<string>('POST', `/v1/turns/${turnId}/cancel`),
    cancelChat: (chatId: string) => send<string>('POST', `/v1/chats/${chatId}/turns/cancel`),
    messages: (chatId: string) =>
      call<{ items: { role: string; content: string; truncated?: boolean }[] }>('GET', `/v1/chats/${chatId}/messages`),
    /** The whole log, hidden and superseded events included when asked for. */
    async events(chatId: string, query: { includeHidden?: boolean } = {}): Promise<ChatEvent[]> {
      const hidden = query.includeHidden ? '&include=hidden' : '';
      const all: ChatEvent[] = [];
      for (;;) {
        const after = all.at(-1)?.seq ?? 0;
        const page = await call<{ items: ChatEvent[]; next: unknown }>(
          'GET',
          `/v1/chats/${chatId}/events?after=${after}&limit=1000${hidden}`,
        );
        all.push(...page.items);
        if (page.next === null || page.items.length === 0) return all;
      }
    },
  };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
