import { randomUUID } from 'node:crypto';
import express from 'express';
import { createChatSockets, endWithParent } from './chatSockets.js';
import { readProviderText } from './providerText.js';

/**
 * The shortest possible way from a provider to viewers: a POST opens the provider's stream, and every delta goes to
 * the chat's sockets at once. Nothing is written down. What the service costs is given in multiples of this.
 * Prints its address.
 */
const app = express();
const sockets = createChatSockets(app);

app.post('/v1/chats/:chatId/turns', express.json(), (request, response) => {
  const turnId = randomUUID();
  response.status(202).json({ turn: { id: turnId } });
  relay(String(request.params.chatId), turnId, request.body.text).catch((error: unknown) => console.error(error));
});

async function relay(chatId: string, turnId: string, content: string): Promise<void> {
  const send = (frame: object) => sockets.send(chatId, JSON.stringify(frame));
  let offset = 0;
  await readProviderText({ turnId, content }, (text) => {
    send({ type: 'token', turnId, beat: 0, epoch: 1, channel: 'text', offset, text });
    offset += text.length;
  });
  send({ type: 'event', seq: 0, kind: 'turn_completed', turnId });
}

console.log(await sockets.listen());
endWithParent();
