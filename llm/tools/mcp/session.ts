import {
  Client,
  type JsonSchemaValidator,
  StreamableHTTPClientTransport,
  type Transport,
} from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { z } from 'zod';
import { createBoundedFetch } from '../../http/boundedFetch.js';
import { isSessionLost, isTimeout } from './callErrors.js';
import type { McpServer } from './server.js';

/** The longest wait for a server to start and to answer a request of the handshake or of the list, in milliseconds. */
export const CONNECT_MS = 30_000;

/** How long a server that has let a call time out may take to answer a ping, in milliseconds. */
const PING_MS = 3_000;

/** One session with a server, from its `initialize` on. */
export type Session = {
  client: Client;
  /** Makes a call. Throws what the library throws. */
  call(tool: string, sent: Record<string, unknown>, options: CallOptions): Promise<Record<string, unknown>>;
  /** Whether an error says that the server no longer knows this session. */
  isLost(error: unknown): boolean;
  /** Whether the server answers nothing at all. Takes up to `PING_MS`. */
  isStuck(): Promise<boolean>;
  /** Takes no more calls, and closes when those in progress have ended. */
  retire(): void;
  close(): Promise<void>;
};

type CallOptions = { signal: AbortSignal; timeout: number };

/** Accepts every result: results are read as text, and the output schema of a tool is not evaluated. */
const acceptAll = {
  getValidator:
    <T>(): JsonSchemaValidator<T> =>
    (input) => ({ valid: true, data: input as T, errorMessage: undefined }),
};

const anyResult = z.record(z.string(), z.unknown());

/** Starts a session. `onClosed`: the connection has ended. `onToolsChanged`: the server announced another list. */
export async function openSession(
  server: McpServer,
  on: { closed: () => void; toolsChanged: () => void },
  signal: AbortSignal,
): Promise<Session> {
  const client = new Client({ name: 'durable-turns', version: '0.1.0' }, { jsonSchemaValidator: acceptAll });
  const transport = server.transport === 'http' ? httpTransport(server) : stdioTransport(server);
  let calls = 0;
  let isRetired = false;
  client.onclose = on.closed;
  client.setNotificationHandler('notifications/tools/list_changed', on.toolsChanged);
  try {
    await client.connect(transport, { timeout: CONNECT_MS, signal });
  } catch (error) {
    await client.close().catch(() => undefined);
    throw error;
  }

  const close = async () => client.close().catch(() => undefined);
  const closeIfDone = () => {
    if (isRetired && calls === 0) void close();
  };

  return {
    client,
    async call(name, sent, options) {
      calls += 1;
      try {
        // Not the library's `callTool`, which refuses content of types that it does not know.
        return await client.request({ method: 'tools/call', params: { name, arguments: sent } }, anyResult, options);
      } finally {
        calls -= 1;
        closeIfDone();
      }
    },
    isLost: (error) =>
      transport instanceof StreamableHTTPClientTransport && isSessionLost(error, transport.sessionId !== undefined),
    async isStuck() {
      // A call in progress may be what the server works on.
      if (calls > 0) return false;
      return client.ping({ timeout: PING_MS }).then(() => false, isTimeout);
    },
    retire() {
      isRetired = true;
      closeIfDone();
    },
    close,
  };
}

function stdioTransport({ command, args, env }: McpServer & { transport: 'stdio' }): Transport {
  return new StdioClientTransport({ command, args, stderr: 'ignore', ...(env ? { env } : {}) });
}

function httpTransport({ url, headers }: McpServer & { transport: 'http' }): Transport {
  const init = headers ? { requestInit: { headers } } : {};
  const transport = new StreamableHTTPClientTransport(new URL(url), { ...init, fetch: createBoundedFetch() });
  const send = transport.send.bind(transport);
  // Otherwise a call whose answer breaks off would wait for its time limit.
  transport.send = (message, options) => {
    const id = 'id' in message && 'method' in message ? message.id : undefined;
    if (id === undefined) return send(message, options);
    const error = { code: BROKEN_OFF, message: 'The answer of the tool broke off. The call may have had its effect.' };
    const onRequestStreamEnd = () => transport.onmessage?.({ jsonrpc: '2.0', id, error });
    return send(message, { ...options, onRequestStreamEnd });
  };
  return transport;
}

/** A code of this client's own: servers use -32000 to -32099. */
const BROKEN_OFF = -31_999;
