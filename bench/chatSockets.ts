import { createServer, type IncomingMessage } from 'node:http';
import type { Express } from 'express';
import { type WebSocket, WebSocketServer } from 'ws';
import { listen } from '../scripts/provider/http.js';

/** The live sockets of the bench's own servers: every frame of a chat goes to all of its sockets at once. */
export function createChatSockets(app: Express) {
  const viewers = new Map<string, Set<WebSocket>>();
  const server = createServer(app);
  const sockets = new WebSocketServer({ server, perMessageDeflate: false });
  let onMessage: (message: string) => void = () => undefined;
  sockets.on('connection', (socket: WebSocket, request: IncomingMessage) => {
    const [, , kind, chatId = ''] = request.url?.split('/') ?? [];
    if (kind !== 'chats') {
      socket.on('message', (data) => onMessage(String(data)));
      return;
    }
    const chat = viewers.get(chatId) ?? new Set();
    viewers.set(chatId, chat.add(socket));
    socket.on('close', () => chat.delete(socket));
    socket.send(JSON.stringify({ type: 'hello', chatId, seq: 0 }));
  });
  return {
    send(chatId: string, frame: string): void {
      const bytes = Buffer.from(frame);
      for (const socket of viewers.get(chatId) ?? []) socket.send(bytes, { binary: false });
    },
    /** Messages on sockets that are no viewers. */
    onMessage(listener: (message: string) => void): void {
      onMessage = listener;
    },
    /** Resolves with the address. */
    listen: async (): Promise<string> => `http://127.0.0.1:${await listen(server, 0)}`,
  };
}

/** Ends the process on SIGTERM, or with the process that started it, whose pipe is its standard input. */
export function endWithParent(): void {
  process.once('SIGTERM', () => process.exit(0));
  process.stdin
    .resume()
    .once('end', () => process.exit(0))
    .once('error', () => process.exit(0));
}
