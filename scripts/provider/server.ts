import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { type CompletionRequest, completion, countUsage, createChunkMaker, DONE, sseFrame } from './chunks.js';
import { demoAnswer } from './demoAnswer.js';
import { demoReply } from './demoReply.js';
import { eventStream, readBody, sendError, sendJson } from './http.js';
import { rolePlay } from './rolePlay.js';

const models = ['demo'];

/** Milliseconds between tokens, in turn: about 30 tokens a second, as uneven as a model's. */
const tokenDelaysMs = [25, 40, 30, 28, 50, 33, 26, 38, 31];

/** An OpenAI-compatible server without a model, with canned replies and plausible answers to schemas. */
export function createDemoProvider(): Server {
  return createServer((request, response) => {
    route(request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else sendError(response, 400, 'bad_request', error instanceof Error ? error.message : 'bad request');
    });
  });
}

async function route(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = new URL(request.url ?? '/', 'http://localhost').pathname;
  if (path === '/healthz') return sendJson(response, 200, { status: 'ok' });
  if (path === '/v1/models') {
    const data = models.map((id) => ({ id, object: 'model', created: 0, owned_by: 'demo' }));
    return sendJson(response, 200, { object: 'list', data });
  }
  if (path !== '/v1/chat/completions') return sendError(response, 404, 'not_found', `unknown path ${path}`);
  if (request.method !== 'POST') return sendError(response, 405, 'method_not_allowed', 'POST only');
  const body = JSON.parse(await readBody(request)) as CompletionRequest;
  if (!Array.isArray(body.messages)) return sendError(response, 400, 'invalid_messages', 'messages must be an array');
  const read = { ...body, messages: body.messages.map(withOneText) };
  return body.stream ? stream(read, response) : answer(read, response);
}

type Message = CompletionRequest['messages'][number];

/** A message whose parts are joined: of an image only that there is one. */
function withOneText(message: Message): Message {
  if (!Array.isArray(message.content)) return message;
  const parts = message.content as { text?: string }[];
  return { ...message, content: parts.map(({ text }) => text ?? '[an image]').join('\n\n') };
}

/** An answer of the form that is asked for; null where any text will do. */
function formed({ response_format, messages }: CompletionRequest): string | null {
  const schema = response_format?.json_schema?.schema;
  return schema ? JSON.stringify(demoAnswer(schema as object, messages)) : null;
}

function answer(request: CompletionRequest, response: ServerResponse): void {
  const content = formed(request) ?? rolePlay(request.messages).join('');
  sendJson(response, 200, completion(newId(), request.model, content, countUsage(request.messages, content)));
}

async function stream(request: CompletionRequest, response: ServerResponse): Promise<void> {
  const chunks = createChunkMaker(newId(), request.model);
  const form = formed(request);
  const { thinking, text, call } = form === null ? demoReply(request) : { text: form };
  const tokens = text.match(/\s*\S+/g) ?? [];
  response.writeHead(200, eventStream);
  response.write(sseFrame(chunks.role()));
  if (thinking) response.write(sseFrame(chunks.thinking(thinking)));
  for (const [n, token] of tokens.entries()) {
    await wait(tokenDelaysMs[n % tokenDelaysMs.length]);
    if (response.destroyed) return;
    response.write(sseFrame(chunks.text(token)));
  }
  if (call) response.write(sseFrame(chunks.call(`call_${randomUUID()}`, call.name, call.arguments)));
  response.write(sseFrame(chunks.finish(call ? 'tool_calls' : 'stop')));
  if (request.stream_options?.include_usage) {
    response.write(sseFrame(chunks.usage(countUsage(request.messages, tokens.join('')))));
  }
  response.end(DONE);
}

const newId = () => `chatcmpl-${randomUUID()}`;
