import type { ToolDescriptor } from '../../domain/agents/tools.js';
import { createConnection } from './mcp/connection.js';
import type { KnownToolsOptions } from './mcp/knownTools.js';
import type { McpServer } from './mcp/server.js';
import { createToolNames } from './mcp/toolNames.js';
import type { OutsideTools } from './registry.js';

export type { McpServer } from './mcp/server.js';

export type McpTools = OutsideTools & {
  /** Connects to each server. One that can't be reached is retried later and has no tools until then. */
  connect(): Promise<void>;
  /** The sources of tools whose servers have not answered the first time yet. */
  connecting(): string[];
  close(): Promise<void>;
};

type McpOptions = {
  log: KnownToolsOptions['log'];
  /** Called when a server is connected or has announced another list: the list of tools may have changed. */
  onListed?: () => void;
};

/** The tools of MCP servers. Each server has a connection of its own: what goes wrong in one does not affect the others. */
export function createMcpTools(servers: McpServer[], { log, onListed = () => undefined }: McpOptions): McpTools {
  const all = servers.map(({ name }) => name);
  const connections = servers.map((server) =>
    createConnection(server, { log, onListed, names: createToolNames(server.name, all) }),
  );
  const isTried = new Set<string>();
  return {
    list() {
      const tools = new Map<string, ToolDescriptor>();
      for (const connection of connections)
        for (const [name, { descriptor }] of connection.tools) if (!tools.has(name)) tools.set(name, descriptor);
      return [...tools.values()];
    },
    async call(name, sent, signal) {
      const connection = connections.find((each) => each.tools.has(name));
      if (!connection) throw new Error(`no MCP server has the tool ${name}`);
      return connection.call(name, sent, signal);
    },
    async connect() {
      const first = ({ source, open }: (typeof connections)[number]) => open().finally(() => isTried.add(source));
      await Promise.allSettled(connections.map(first));
    },
    connecting: () => connections.map(({ source }) => source).filter((source) => !isTried.has(source)),
    close: async () => void (await Promise.allSettled(connections.map((connection) => connection.close()))),
  };
}
