import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { heartbeat } from '@temporalio/activity';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { WebSocket } from 'ws';
import { endWithParent } from '../chatSockets.js';
import { readProviderText } from '../providerText.js';
import { type Reply, taskQueue, wirePath } from './reply.js';

/** The worker of the shortest durable design: each token goes to the api over one socket. Prints a line when it runs. */
Runtime.install({ logger: new DefaultLogger('ERROR') });
const socket = new WebSocket(`${process.env.API_URL?.replace('http', 'ws')}${wirePath}`, { perMessageDeflate: false });
await once(socket, 'open');

async function streamReply({ chatId, turnId, content }: Reply): Promise<void> {
  const send = (frame: object) => socket.send(`${chatId}\n${JSON.stringify(frame)}`);
  const alive = setInterval(() => heartbeat(), 1_000);
  try {
    let offset = 0;
    await readProviderText({ turnId, content }, (text) => {
      send({ type: 'token', turnId, beat: 0, epoch: 1, channel: 'text', offset, text });
      offset += text.length;
    });
    send({ type: 'event', seq: 0, kind: 'turn_completed', turnId });
  } finally {
    clearInterval(alive);
  }
}

const worker = await Worker.create({
  connection: await NativeConnection.connect({ address: process.env.TEMPORAL_ADDRESS ?? '' }),
  workflowsPath: fileURLToPath(new URL('./workflow.ts', import.meta.url)),
  taskQueue,
  activities: { streamReply },
  maxConcurrentActivityTaskExecutions: 1_000,
});
console.log('ready');
endWithParent();
await worker.run();
