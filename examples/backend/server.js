import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { ApiError, createClient, UnreachableError } from 'durable-turns-client';

const service = process.env.SERVICE_URL ?? 'http://127.0.0.1:3000';
const client = createClient({ baseUrl: service, key: process.env.API_KEY ?? null });
const page = new URL('index.html', import.meta.url);
const packageFolder = new URL('.', import.meta.resolve('durable-turns-client'));

async function newChat() {
  const create = async (path, body) => (await client.request('POST', path, { body })).body.id;
  const hostId = await create('/v1/characters', { name: 'Mira', persona: 'Keeps a lighthouse.' });
  return create('/v1/chats', { kind: 'narrative', hostId });
}

/** Starts one turn for each id, however often it is called. Returns as soon as the turn is accepted. */
async function startTurn({ id, chatId, text }) {
  const turn = await client.postTurn(chatId, { text }, { idempotencyKey: id, attempts: 3 });
  return { turnId: turn.id };
}

async function readJson(request) {
  let body = '';
  for await (const piece of request) body += piece;
  return JSON.parse(body);
}

const calls = {
  'POST /chats': async () => ({ chatId: await newChat(), service }),
  'POST /messages': async (request) => startTurn(await readJson(request)),
};

async function answer(request, response) {
  const call = calls[`${request.method} ${request.url}`];
  if (call) return json(response, 202, await call(request));
  const [, module] = /^\/client\/((?:\w+\/)*\w+\.js)$/.exec(request.url) ?? [];
  const script = module && new URL(module, packageFolder);
  response.setHeader('content-type', script ? 'text/javascript' : 'text/html; charset=utf-8');
  response.end(await readFile(script || page));
}

const json = (response, status, body) =>
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));

const server = createServer((request, response) => {
  answer(request, response).catch((error) => {
    // What the service refused is passed on; the browser repeats its message after everything else.
    if (error instanceof ApiError) return json(response, error.status, { code: error.code });
    json(response, error instanceof UnreachableError ? 503 : 500, { code: 'unavailable' });
  });
});
server.listen(Number(process.env.PORT ?? 8080), '127.0.0.1');
