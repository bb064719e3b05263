import { Client, type JsonSchemaValidator, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import type { Level, ToolDescriptor } from '../../domain/agents/tools.js';
import { cleanText } from '../../domain/text/text.js';
import { createBoundedFetch } from '../http/boundedFetch.js';
import type { ToolResult } from './builtins.js';
import { type Listed, listTools } from './mcpTools.js';
import type { OutsideTools } from './registry.js';

/** The configuration of an MCP server. */
export type McpServer = {
  name: string;
  /** The permission level of its tools. The server's own hints are not trusted. */
  level: Level;
  needsApproval: boolean;
  idempotent: boolean;
  timeoutMs: number;
  /** The names of the tools that are used; left out: all. */
  tools?: string[] | undefined;
} & (
  | { transport: 'stdio'; command: string; args: string[]; env?: Record<string, string> | undefined }
  | { transport: 'http'; url: string; headers?: Record<string, string> | undefined }
);

const CONNECT_MS = 15_000;
const RETRY_MS = 10_000;
const MAX_DESCRIPTION = 2_000;

/** Accepts every result: results are read as text, and the output schema of a tool is not evaluated. */
const acceptAll = {
  getValidator:
    <T>(): JsonSchemaValidator<T> =>
    (input) => ({ valid: true, data: input as T, errorMessage: undefined }),
};

export type McpTools = OutsideTools & {
  /** Connects to each server. One that can't be reached is retried later and has no tools until then. */
  connect(): Promise<void>;
  close(): Promise<void>;
};

type McpOptions = {
  log: { warn(fields: object, message: string): void };
  /** Called when a server is connected: the list of tools may have changed. */
  onListed?: () => void;
};

/** The tools of MCP servers. Those of a lost server stay listed, and a call of one connects again. */
export function createMcpTools(servers: McpServer[], { log, onListed = () => undefined }: McpOptions): McpTools {
  const taken = new Set<string>();
  const connections = servers.map((server) => createConnection(server, { log, onListed, taken }));
  const serverOf = (name: string) => connections.find((connection) => connection.tools.has(name));
  return {
    list: () => connections.flatMap(({ tools }) => [...tools.values()].map(({ descriptor }) => descriptor)),
    async call(name, sent, signal) {
      const connection = serverOf(name);
      if (!connection) throw new Error(`no MCP server has the tool ${name}`);
      return connection.call(name, sent, signal);
    },
    connect: async () => void (await Promise.allSettled(connections.map((connection) => connection.open()))),
    close: async () => void (await Promise.allSettled(connections.map((connection) => connection.close()))),
  };
}

type Known = { remote: string; descriptor: ToolDescriptor };

function createConnection(server: McpServer, options: Required<McpOptions> & { taken: Set<string> }) {
  const { log, onListed, taken } = options;
  const tools = new Map<string, Known>();
  let opening: Promise<Client> | null = null;
  let retry: NodeJS.Timeout | undefined;
  let closed = false;

  function open(): Promise<Client> {
    opening ??= begin().catch((error: unknown) => {
      opening = null;
      log.warn({ server: server.name, err: error }, 'an MCP server can not be reached');
      if (!closed) retry = setTimeout(() => open().catch(() => undefined), RETRY_MS).unref();
      throw error;
    });
    return opening;
  }

  async function begin(): Promise<Client> {
    const client = new Client({ name: 'durable-turns', version: '0.1.0' }, { jsonSchemaValidator: acceptAll });
    client.onclose = () => {
      opening = null;
    };
    try {
      await client.connect(transportOf(server), { timeout: CONNECT_MS });
      const onUnusable = (tool: string, why: string) =>
        log.warn({ server: server.name, tool, why }, 'a tool of an MCP server is omitted: its schema can not be used');
      const listed = await listTools(client, { wanted: server.tools, timeoutMs: CONNECT_MS, onUnusable });
      for (const name of tools.keys()) taken.delete(name);
      tools.clear();
      for (const tool of listed) {
        const descriptor = toDescriptor(server, tool, taken);
        taken.add(descriptor.name);
        tools.set(descriptor.name, { remote: tool.name, descriptor });
      }
      onListed();
      return client;
    } catch (error) {
      await client.close().catch(() => undefined);
      throw error;
    }
  }

  return {
    tools,
    open,
    async call(name: string, sent: Record<string, unknown>, signal: AbortSignal): Promise<ToolResult> {
      const known = tools.get(name);
      if (!known) throw new Error(`the MCP server ${server.name} has no tool ${name}`);
      const client = await open();
      const answer = await client.callTool(
        { name: known.remote, arguments: sent },
        { signal, timeout: server.timeoutMs + 1_000 },
      );
      return { success: answer.isError !== true, content: textOf(answer) };
    },
    async close() {
      closed = true;
      clearTimeout(retry);
      const client = await opening?.catch(() => null);
      await client?.close();
    },
  };
}

function transportOf(server: McpServer) {
  if (server.transport === 'http') {
    const headers = server.headers ? { requestInit: { headers: server.headers } } : {};
    return new StreamableHTTPClientTransport(new URL(server.url), { ...headers, fetch: createBoundedFetch() });
  }
  const { command, args, env } = server;
  return new StdioClientTransport({ command, args, stderr: 'ignore', ...(env ? { env } : {}) });
}

/** The descriptor of a tool. Names of all servers share one namespace, and providers allow only these characters. */
function toDescriptor(server: McpServer, tool: Listed, taken: ReadonlySet<string>): ToolDescriptor {
  const { level, needsApproval, idempotent, timeoutMs } = server;
  return {
    name: freeName(`mcp_${server.name}_${tool.name}`.replace(/[^\w-]/g, '_'), taken),
    description: cleanText((tool.description ?? tool.name).slice(0, MAX_DESCRIPTION)),
    parameters: tool.inputSchema,
    source: `mcp:${server.name}`,
    level,
    needsApproval,
    idempotent,
    timeoutMs,
  };
}

/** Adds a number to a name that is already taken after cutting and cleaning. */
function freeName(wanted: string, taken: ReadonlySet<string>): string {
  let name = wanted.slice(0, 64);
  for (let n = 2; taken.has(name); n++) name = `${wanted.slice(0, 60)}_${n}`;
  return name;
}

type CallResult = { content?: unknown; structuredContent?: unknown };

/** The text of a result. Other content is represented by its type. */
function textOf({ content, structuredContent }: CallResult): string {
  const parts = Array.isArray(content) ? (content as { type?: unknown; text?: unknown }[]) : [];
  const texts = parts.map((part) => (part.type === 'text' ? String(part.text) : `[${String(part.type)}]`));
  return texts.length > 0 ? texts.join('\n') : JSON.stringify(structuredContent ?? null);
}
