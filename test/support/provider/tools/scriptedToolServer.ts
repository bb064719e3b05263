import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { close, listen, readBody, sendJson } from '../../../../scripts/provider/http.js';

type Message = {
  id?: number | string;
  method: string;
  params?: { name?: string; arguments?: unknown; cursor?: string };
};

/** How the server refuses a request with a session that it does not know. */
type Refusal = { status: number; code: number; message: string };

export type ScriptedToolServer = {
  url: string;
  /** What `tools/list` answers with, word for word: values, or JSON that nothing here could write. */
  tools: unknown[] | string;
  /** What `tools/list` answers a cursor with; `tools` is the first page. */
  pages: { tools: unknown[]; nextCursor?: string }[];
  /** What came in, after the handshake. */
  calls: Message[];
  /** The sessions that it knows, and how often one began. Without a refusal it names none. */
  sessions: { known: Set<string>; begun: number; refusal: Refusal | null };
  /** Sends a notification to each session that listens. */
  notify(method: string): void;
  /** Answers a call: with its result, or on its own. */
  answer: (message: Message, response: ServerResponse) => unknown;
  close(): Promise<void>;
};

/** An MCP server over HTTP that lists and answers whatever a test tells it, however wrong. */
export async function startScriptedToolServer(): Promise<ScriptedToolServer> {
  const text = (content: string) => ({ content: [{ type: 'text', text: content }] });
  const server = createServer((request, response) => {
    receive(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  const listeners = new Set<ServerResponse>();
  const scripted: ScriptedToolServer = {
    url: '',
    tools: [],
    pages: [],
    calls: [],
    sessions: { known: new Set(), begun: 0, refusal: null },
    notify(method) {
      for (const each of listeners) each.write(`data: ${JSON.stringify({ jsonrpc: '2.0', method })}\n\n`);
    },
    answer: () => text('done'),
    close: () => close(server),
  };

  /** Whether a request was refused for its session. */
  function refused(request: IncomingMessage, response: ServerResponse, id: Message['id']): boolean {
    const { known, refusal } = scripted.sessions;
    if (!refusal || known.has(String(request.headers['mcp-session-id']))) return false;
    const { status, code, message } = refusal;
    sendJson(response, status, { jsonrpc: '2.0', error: { code, message }, id: id ?? null });
    return true;
  }

  function listenTo(request: IncomingMessage, response: ServerResponse): void {
    if (!scripted.sessions.refusal) return void response.writeHead(405).end();
    if (refused(request, response, undefined)) return;
    response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
    listeners.add(response);
    response.on('close', () => listeners.delete(response));
  }

  function begin(response: ServerResponse): object {
    const id = `session-${++scripted.sessions.begun}`;
    scripted.sessions.known.add(id);
    if (scripted.sessions.refusal) response.setHeader('mcp-session-id', id);
    return {
      protocolVersion: '2025-06-18',
      capabilities: { tools: {} },
      serverInfo: { name: 'scripted', version: '1.0.0' },
    };
  }

  function list({ id, params }: Message, response: ServerResponse): void {
    const { tools, pages } = scripted;
    const page = pages[Number(params?.cursor ?? 0) % pages.length] ?? { tools };
    const result = typeof tools === 'string' ? `{"tools":${tools}}` : JSON.stringify(page);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${result}}`);
  }

  async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === 'GET') return listenTo(request, response);
    if (request.method !== 'POST') return void response.writeHead(405).end();
    const message = JSON.parse(await readBody(request)) as Message;
    const reply = (result: unknown) => sendJson(response, 200, { jsonrpc: '2.0', id: message.id, result });
    if (message.method === 'initialize') return reply(begin(response));
    if (refused(request, response, message.id)) return;
    if (message.id === undefined) return void response.writeHead(202).end();
    if (message.method === 'tools/list') return list(message, response);
    if (message.method !== 'tools/call') return void response.writeHead(404).end();
    scripted.calls.push(message);
    const result = await scripted.answer(message, response);
    if (!response.headersSent && result !== undefined) reply(result);
  }

  scripted.url = `http://127.0.0.1:${await listen(server, 0)}/mcp`;
  return scripted;
}
