import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import express from 'express';
import { createChatSockets, endWithParent } from '../chatSockets.js';
import { taskQueue } from './reply.js';

/**
 * The api of the shortest durable design: a POST starts a workflow, and what the worker sends goes to the chat's sockets.
 * Nothing is checkpointed or stored beside the workflow. Prints its address.
 */
const connection = await Connection.connect({ address: process.env.TEMPORAL_ADDRESS ?? '' });
const client = new Client({ connection });
const app = express();
const sockets = createChatSockets(app);

app.post('/v1/chats/:chatId/turns', express.json(), async (request, response) => {
  const turnId = randomUUID();
  const reply = { chatId: String(request.params.chatId), turnId, content: request.body.text };
  await client.workflow.start('turn', { taskQueue, workflowId: `bench-${turnId}`, args: [reply] });
  response.status(202).json({ turn: { id: turnId } });
});

// Chat and frame in one message, divided by a line break.
sockets.onMessage((message) => {
  const end = message.indexOf('\n');
  sockets.send(message.slice(0, end), message.slice(end + 1));
});

console.log(await sockets.listen());
endWithParent();
