import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { createParser } from 'eventsource-parser';
import express from 'express';
import { type WebSocket, WebSocketServer } from 'ws';
import { listen } from '../scripts/provider/http.js';

/**
 * The shortest possible way from a provider to viewers: a POST opens the provider's stream, and every delta goes to
 * the chat's sockets at once. Nothing is written down. What the service costs is told in multiples of this.
 * Prints its address. Ends on SIGTERM, or with the process that started it, whose pipe is its standard input.
 */
const provider = process.env.OPENAI_BASE_URL;
const viewers = new Map<string, Set<WebSocket>>();

const app = express();
app.post('/v1/chats/:chatId/turns', express.json(), (request, response) => {
  const turnId = randomUUID();
  response.status(202).json({ turn: { id: turnId } });
  relay(String(request.params.chatId), turnId, request.body.text).catch((error: unknown) => console.error(error));
});

async function relay(chatId: string, turnId: string, content: string): Promise<void> {
  const answer = await fetch(`${provider}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-client-request-id': `${turnId}/reply:0/1` },
    body: JSON.stringify({ model: 'bench', stream: true, messages: [{ role: 'user', content }] }),
  });
  let offset = 0;
  const parser = createParser({
    onEvent({ data }) {
      const text = data === '[DONE]' ? '' : JSON.parse(data).choices[0]?.delta.content;
      if (!text) return;
      tell(chatId, { type: 'token', turnId, beat: 0, epoch: 1, channel: 'text', offset, text });
      offset += text.length;
    },
  });
  const decoder = new TextDecoder();
  for await (const bytes of answer.body ?? []) parser.feed(decoder.decode(bytes, { stream: true }));
  tell(chatId, { type: 'event', seq: 0, kind: 'turn_completed', turnId });
}

function tell(chatId: string, frame: object): void {
  const bytes = Buffer.from(JSON.stringify(frame));
  for (const socket of viewers.get(chatId) ?? []) socket.send(bytes, { binary: false });
}

const server = createServer(app);
const sockets = new WebSocketServer({ server, perMessageDeflate: false });
sockets.on('connection', (socket: WebSocket, request: IncomingMessage) => {
  const chatId = request.url?.split('/')[3] ?? '';
  const chat = viewers.get(chatId) ?? new Set();
  viewers.set(chatId, chat.add(socket));
  socket.on('close', () => chat.delete(socket));
  socket.send(JSON.stringify({ type: 'hello', chatId, seq: 0 }));
});

console.log(`http://127.0.0.1:${await listen(server, 0)}`);
process.once('SIGTERM', () => process.exit(0));
process.stdin
  .resume()
  .once('end', () => process.exit(0))
  .once('error', () => process.exit(0));
