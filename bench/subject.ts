import { WebSocket } from 'ws';

/** What is measured: the service, or the pipe beside it. Both take the same calls and send the same frames. */
export type Subject = {
  name: 'service' | 'pipe';
  /** The address, as in `http://127.0.0.1:3000`. */
  base: string;
  /** The processes whose work is counted. */
  pids: Record<string, number>;
  newChat(): Promise<string>;
};

/** Of a frame, what is measured. */
export type Frame = { type: string; turnId?: string; text?: string; kind?: string };
export type Watcher = { close(): void };

/** A client waits this long for anything, in milliseconds. */
export const patienceMs = 30_000;

/** Resolves with the turn's id once it is accepted. */
export async function postTurn(subject: Subject, chatId: string): Promise<string> {
  const { turn } = (await call(subject.base, `/v1/chats/${chatId}/turns`, { text: 'Go on.' })) as {
    turn: { id: string };
  };
  return turn.id;
}

export async function call(base: string, path: string, body: object): Promise<unknown> {
  const response = await fetch(base + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(patienceMs),
  });
  if (!response.ok) throw new Error(`POST ${path} was answered ${response.status}: ${await response.text()}`);
  return response.json();
}

export const livePath = (chatId: string): string => `/v1/chats/${chatId}/live?after=0`;

/** Watches a chat over its live socket; resolves once the viewer was greeted. */
export function watch(subject: Subject, chatId: string, take: (frame: Frame) => void): Promise<Watcher> {
  const socket = new WebSocket(subject.base.replace(/^http/, 'ws') + livePath(chatId), {
    perMessageDeflate: false,
    handshakeTimeout: patienceMs,
  });
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('close', (code) => reject(new Error(`the live socket of the ${subject.name} closed with ${code}`)));
    socket.on('message', (data: Buffer) => {
      const frame = JSON.parse(data.toString()) as Frame;
      if (frame.type === 'hello') resolve({ close: () => socket.terminate() });
      take(frame);
    });
  });
}

export const endsTurn = (frame: Frame): boolean => frame.type === 'event' && frame.kind === 'turn_completed';
