import { WebSocket } from 'ws';
import { readEvents } from '../../client/src/follow/eventStreamTransport.js';
import { type Chat, type Client, createClient, type Turn } from '../../client/src/index.js';
import type { ViewerFrame } from '../../domain/log/frames.js';
import { createFrameCheck } from '../../test/support/viewers/frameCheck.js';

/** The frames of one connection until it was closed, and its breaches of the protocol. */
export type Seen = { frames: ViewerFrame[]; violations: string[]; closeCode: number | null };

export type Transport = 'socket' | 'events';

export type Target = {
  url: string;
  client: Client;
  /** A new narrative chat with a host. */
  newChat(): Promise<Chat>;
  /** A turn that has ended. It is posted once. */
  endedTurn(): Promise<Turn>;
  /**
   * Receives the frames of one connection until `done` is true for one of them, or the server closes it. Not with the
   * client package: a check needs to see every frame that was sent, with repeats and gaps.
   */
  receive(chatId: string, options: ReceiveOptions): Promise<Seen>;
  close(): Promise<void>;
};

export type ReceiveOptions = {
  after: number | string;
  transport: Transport;
  done: (frame: ViewerFrame) => boolean;
  send?: string;
};

export async function openTarget(url: string, key: string | null): Promise<Target> {
  const base = url.replace(/\/+$/, '');
  const client = createClient({ baseUrl: base, key, WebSocket });
  const made: string[] = [];
  let ended: Promise<Turn> | null = null;
  const create = async <T extends { id: string }>(path: string, body: object): Promise<T> => {
    const resource = (await client.request<T>('POST', path, { body })).body;
    made.unshift(`${path}/${resource.id}`);
    return resource;
  };

  const target: Target = {
    url: base,
    client,
    async newChat() {
      const host = await create('/v1/characters', { name: 'Mira', persona: 'Keeps a lighthouse.' });
      return create<Chat>('/v1/chats', { kind: 'narrative', hostId: host.id });
    },
    endedTurn() {
      ended ??= target.newChat().then(async ({ id }) => {
        const turn = await client.postTurn(id, { text: 'Is the lamp lit?' });
        return client.waitForTurn(turn.id, { signal: AbortSignal.timeout(45_000) });
      });
      return ended;
    },
    receive: (chatId, options) =>
      options.transport === 'socket'
        ? receiveOverSocket(base, key, chatId, options)
        : receiveOverEvents(base, key, chatId, options),
    async close() {
      // Deletes resources after those that use them. A server may refuse to delete.
      for (const path of made) await client.request('DELETE', path).catch(() => undefined);
    },
  };
  return target;
}

function receiveOverSocket(base: string, key: string | null, chatId: string, options: ReceiveOptions): Promise<Seen> {
  const seen = collect(options.after);
  return new Promise((resolve) => {
    const protocols = ['durable-turns.v1', ...(key === null ? [] : [`bearer.${key}`])];
    const socket = new WebSocket(
      `${base.replace(/^http/, 'ws')}/v1/chats/${chatId}/live?after=${options.after}`,
      protocols,
    );
    socket.on('message', (data) => {
      const frame = seen.take(String(data));
      if (frame.type === 'hello' && options.send !== undefined) socket.send(options.send);
      if (options.done(frame)) socket.terminate();
    });
    socket.on('error', () => undefined);
    socket.on('close', (code) => resolve({ ...seen.result(), closeCode: code === 1006 ? null : code }));
  });
}

async function receiveOverEvents(
  base: string,
  key: string | null,
  chatId: string,
  options: ReceiveOptions,
): Promise<Seen> {
  const seen = collect(options.after);
  const stop = new AbortController();
  const headers = { accept: 'text/event-stream', ...(key === null ? {} : { authorization: `Bearer ${key}` }) };
  const response = await fetch(`${base}/v1/chats/${chatId}/events?after=${options.after}`, {
    headers,
    signal: stop.signal,
  });
  if (!response.ok || !response.body) return { ...seen.result(), closeCode: response.status };
  try {
    for await (const data of readEvents(response.body, () => stop.abort())) {
      if (options.done(seen.take(data))) break;
    }
  } finally {
    stop.abort();
  }
  return { ...seen.result(), closeCode: null };
}

function collect(after: number | string) {
  const check = createFrameCheck(Number(after));
  const frames: ViewerFrame[] = [];
  return {
    take(data: string): ViewerFrame {
      const frame = JSON.parse(data) as ViewerFrame;
      frames.push(frame);
      check.take(frame);
      return frame;
    },
    result: () => ({ frames, violations: check.violations }),
  };
}
