import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { close, listen, readBody, sendJson } from '../../../scripts/provider/http.js';
import { startScriptedProvider } from './scriptedProvider.js';
import type { Reply, Step } from './scriptedReply.js';

/**
 * The scripted provider as a process of its own, told by HTTP what to do: `POST /script {queue?, always?, classify?}`,
 * `POST /push {n, steps}`, `GET /requests`, `POST /forget`. Prints its addresses as one line of JSON. Ends on
 * SIGTERM, or with the process that started it, whose pipe is its standard input.
 */
const provider = await startScriptedProvider({ port: Number(process.env.SCRIPTED_PROVIDER_PORT || 0) });

const control = createServer((request, response) => {
  handle(request, response).catch((error: unknown) => sendJson(response, 400, { error: String(error) }));
});

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = request.method === 'POST' ? JSON.parse((await readBody(request)) || '{}') : {};
  sendJson(response, 200, (await obey(`${request.method} ${request.url}`, body)) ?? {});
}

type Order = { queue?: Reply[]; always?: Reply; classify?: Record<string, Reply>; n?: number; steps?: Step[] };

async function obey(order: string, { queue = [], always, classify = {}, n, steps = [] }: Order): Promise<unknown> {
  switch (order) {
    case 'POST /script':
      provider.unscript();
      if (always) provider.script(() => always);
      for (const reply of queue) provider.script(reply);
      provider.classify(({ name }) => classify[name]);
      return undefined;
    case 'POST /push':
      return provider.requests.find((call) => call.n === n)?.push(...steps);
    case 'GET /requests':
      return provider.requests;
    case 'POST /forget':
      provider.requests.length = 0;
      return undefined;
    default:
      throw new Error(`unknown: ${order}`);
  }
}

const port = await listen(control, 0);
console.log(JSON.stringify({ baseUrl: provider.baseUrl, control: `http://127.0.0.1:${port}` }));

const stop = () => void Promise.all([provider.close(), close(control)]).then(() => process.exit(0));
process.once('SIGTERM', stop);
process.stdin.resume().once('end', stop).once('error', stop);
