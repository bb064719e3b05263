import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { close, listen, readBody, sendJson } from '../../../scripts/provider/http.js';

type Message = { id?: number | string; method: string; params?: { name?: string; arguments?: unknown } };

export type ScriptedToolServer = {
  url: string;
  /** What `tools/list` answers with, word for word: values, or JSON that nothing here could write. */
  tools: unknown[] | string;
  /** What came in, after the handshake. */
  calls: Message[];
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
  const scripted: ScriptedToolServer = {
    url: '',
    tools: [],
    calls: [],
    answer: () => text('done'),
    close: () => close(server),
  };

  async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== 'POST') return void response.writeHead(405).end();
    const message = JSON.parse(await readBody(request)) as Message;
    const reply = (result: unknown) => sendJson(response, 200, { jsonrpc: '2.0', id: message.id, result });
    if (message.id === undefined) return void response.writeHead(202).end();
    if (message.method === 'initialize')
      return reply({
        protocolVersion: '2025-06-18',
        capabilities: { tools: {} },
        serverInfo: { name: 'scripted', version: '1.0.0' },
      });
    if (message.method === 'tools/list') {
      const { tools } = scripted;
      if (typeof tools !== 'string') return reply({ tools });
      response.writeHead(200, { 'content-type': 'application/json' });
      return void response.end(`{"jsonrpc":"2.0","id":${message.id},"result":{"tools":${tools}}}`);
    }
    if (message.method !== 'tools/call') return void response.writeHead(404).end();
    scripted.calls.push(message);
    const result = await scripted.answer(message, response);
    if (!response.headersSent && result !== undefined) reply(result);
  }

  scripted.url = `http://127.0.0.1:${await listen(server, 0)}/mcp`;
  return scripted;
}
