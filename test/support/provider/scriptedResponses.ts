import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { close, listen, readBody, sendError, sendJson } from '../../../scripts/provider/http.js';

type Event = { type: string; sequence_number: number } & Record<string, unknown>;
export type ResponseBody = {
  input: unknown[];
  tools?: unknown[];
  background?: boolean;
  stream?: boolean;
  store?: boolean;
};

/** A response that the provider keeps and goes on with, whoever listens. */
export type KeptResponse = {
  id: string;
  body: ResponseBody;
  requestId: string;
  /** Tokens made so far: each is made once. */
  tokens: string[];
  status: 'in_progress' | 'completed' | 'cancelled';
  /** How often the response was read, and after which event. */
  listened: (number | null)[];
  say(token: string, kind?: 'text' | 'thinking'): void;
  /** Ends it, with calls of tools if there are any. */
  complete(calls?: { call_id: string; name: string; arguments: string }[]): void;
};

/** A server of the Responses API that goes on without a listener. */
export type ScriptedResponses = {
  baseUrl: string;
  /** All so far. May be emptied. */
  responses: KeptResponse[];
  /** Called for each response that is begun. */
  onCreated(script: (response: KeptResponse) => void): void;
  next(requestIdPrefix: string): KeptResponse | undefined;
  /** Cuts the connections of those who listen. */
  reset(id: string): void;
  /** No longer has it. */
  forget(id: string): void;
  /** Streams only what is still being made, as some servers do. */
  streamsOnlyLive(yes: boolean): void;
  close(): Promise<void>;
};

type Kept = KeptResponse & { events: Event[]; listeners: Set<ServerResponse>; calls: object[] };

export async function startScriptedResponses(): Promise<ScriptedResponses> {
  const kept = new Map<string, Kept>();
  const all: Kept[] = [];
  let onCreated: (response: KeptResponse) => void = () => {};
  let onlyLive = false;
  let made = 0;

  const shown = (response: Kept) => ({
    id: response.id,
    object: 'response',
    status: response.status,
    model: 'm',
    output: [
      { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: response.tokens.join('') }] },
      ...response.calls,
    ],
    ...(response.status === 'completed'
      ? { usage: { input_tokens: 5, output_tokens: response.tokens.length, total_tokens: 5 + response.tokens.length } }
      : {}),
  });

  function emit(response: Kept, type: string, more: object) {
    const event: Event = { type, sequence_number: response.events.length, ...more };
    response.events.push(event);
    for (const listener of response.listeners) write(listener, event);
  }

  function create(body: ResponseBody, requestId: string): Kept {
    const response: Kept = {
      id: `resp_${made++}`,
      body,
      requestId,
      tokens: [],
      status: 'in_progress',
      listened: [],
      events: [],
      listeners: new Set(),
      calls: [],
      say(token, kind = 'text') {
        if (response.status !== 'in_progress') return;
        if (kind === 'text') response.tokens.push(token);
        emit(response, kind === 'text' ? 'response.output_text.delta' : 'response.reasoning_text.delta', {
          delta: token,
        });
      },
      complete(calls = []) {
        if (response.status !== 'in_progress') return;
        response.calls = calls.map((call) => ({ type: 'function_call', ...call }));
        response.status = 'completed';
        emit(response, 'response.completed', { response: shown(response) });
        for (const listener of response.listeners) listener.end();
      },
    };
    emit(response, 'response.created', { response: shown(response) });
    kept.set(response.id, response);
    all.push(response);
    return response;
  }

  function attach(response: Kept, to: ServerResponse, after: number | null) {
    response.listened.push(after);
    to.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const event of response.events) if (after === null || event.sequence_number > after) write(to, event);
    if (response.status !== 'in_progress') return void to.end();
    response.listeners.add(to);
    to.on('close', () => response.listeners.delete(to));
  }

  async function route(request: IncomingMessage, to: ServerResponse) {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const [, , , id, verb] = url.pathname.split('/');
    if (request.method === 'POST' && !id) {
      const response = create(JSON.parse(await readBody(request)), String(request.headers['x-client-request-id']));
      attach(response, to, null);
      return onCreated(response);
    }
    const response = kept.get(id ?? '');
    if (!response) return sendError(to, 404, 'not_found', 'there is no such response');
    if (verb === 'cancel') {
      response.status = 'cancelled';
      for (const listener of response.listeners) listener.end();
      return sendJson(to, 200, shown(response));
    }
    if (url.searchParams.get('stream') !== 'true') return sendJson(to, 200, shown(response));
    if (onlyLive && response.status !== 'in_progress') return sendError(to, 400, 'not_streaming', 'it is over');
    const after = url.searchParams.get('starting_after');
    attach(response, to, after === null ? null : Number(after));
  }

  const server = createServer((request, to) => {
    route(request, to).catch((error: unknown) => sendError(to, 500, 'broken', String(error)));
  });
  const port = await listen(server, 0);
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    responses: all,
    onCreated(script) {
      onCreated = script;
    },
    next: (prefix) => all.findLast(({ requestId }) => requestId.startsWith(prefix)),
    reset(id) {
      for (const listener of kept.get(id)?.listeners ?? []) listener.socket?.resetAndDestroy();
    },
    forget: (id) => void kept.delete(id),
    streamsOnlyLive(yes) {
      onlyLive = yes;
    },
    close: () => close(server),
  };
}

const write = (to: ServerResponse, event: Event) =>
  to.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
