import { WebSocket as Socket } from 'ws';
import { type Client, createClient, type ViewerFrame } from '../client/src/index.js';

/**
 * What is measured: the service, the pipe, or the shortest durable design (one workflow, one activity, tokens by socket,
 * nothing checkpointed). All take the same calls and send the same frames.
 */
export type Subject = {
  name: 'service' | 'pipe' | 'durable';
  /** The address, as in `http://127.0.0.1:3000`. */
  base: string;
  client: Client;
  /** The processes whose work is counted. */
  pids: Record<string, number>;
  newChat(): Promise<string>;
};

export type Watcher = { close(): void };

/** A client waits this long for anything, in milliseconds. */
export const patienceMs = 30_000;

/** Without compression, of which the bench would measure the client's part. */
class WebSocket extends Socket {
  constructor(url: string, protocols: string[]) {
    super(url, protocols, { perMessageDeflate: false, handshakeTimeout: patienceMs });
  }
}

export const subjectClient = (baseUrl: string, key?: string): Client =>
  createClient({ baseUrl, timeoutMs: patienceMs, WebSocket, ...(key ? { key } : {}) });

/** Resolves with the turn's id once it is accepted. The post is not repeated: its time is measured. */
export async function postTurn({ client }: Subject, chatId: string): Promise<string> {
  return (await client.postTurn(chatId, { text: 'Go on.' }, { attempts: 1 })).id;
}

export const livePath = (chatId: string): string => `/v1/chats/${chatId}/live?after=0`;

/** Watches a chat over its live socket; resolves at `hello`. `fail` is called when the connection is lost later. */
export function watch(
  { client, name }: Subject,
  chatId: string,
  { take, fail }: { take: (frame: ViewerFrame) => void; fail: (error: Error) => void },
): Promise<Watcher> {
  return new Promise((resolve, reject) => {
    const following = client.followChat(chatId, {
      onState(state) {
        if (state.name === 'live') resolve(following);
        if (state.name !== 'waiting' && state.name !== 'refused') return;
        const error = new Error(`the live socket of the ${name} was lost`);
        following.close();
        reject(error);
        fail(error);
      },
      onFrame: take,
    });
  });
}

export const endsTurn = (frame: ViewerFrame): boolean => frame.type === 'event' && frame.kind === 'turn_completed';
