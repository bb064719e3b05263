import type { Client } from '@modelcontextprotocol/client';
import type { ToolDescriptor } from '../../../domain/agents/tools.js';
import { cleanText } from '../../../domain/text/text.js';
import { runBounded } from '../../../lib/bounded.js';
import { type ListedTool, listTools } from './listTools.js';
import { type McpServer, toolSource } from './server.js';
import { CONNECT_MS, type Session } from './session.js';
import type { ToolNames } from './toolNames.js';

/** The time limit of a list with all its pages, in milliseconds. */
const LIST_MS = 60_000;
/** The pause before an announced list is read: more announcements may follow. */
const READ_AFTER_MS = 500;
const MAX_DESCRIPTION = 2_000;

export type KnownToolsOptions = {
  log: { warn(fields: object, message: string): void };
  names: ToolNames;
  /** Called when the list of tools may have changed. */
  onListed: () => void;
};

/** `remote`: the tool's name at its server. */
export type KnownTool = { remote: string; descriptor: ToolDescriptor };

/** The tools that a server listed last, by our names. */
export function createKnownTools(server: McpServer, { log, names, onListed }: KnownToolsOptions, signal: AbortSignal) {
  const tools = new Map<string, KnownTool>();
  let timer: NodeJS.Timeout | undefined;
  let isReading = false;

  async function read(client: Client): Promise<void> {
    const onUnusable = (tool: string, why: string) =>
      log.warn({ server: server.name, tool, why }, 'a tool of an MCP server is omitted');
    const listed = await runBounded(signal, LIST_MS, (within) =>
      listTools(client, { wanted: server.tools, signal: within, timeoutMs: CONNECT_MS, onUnusable }),
    ).catch((error: unknown) => {
      // A server that does not say that it has tools may have none.
      if (client.getServerCapabilities()?.tools) throw error;
      return [];
    });
    const assigned = names.assign(listed.map(({ name }) => name));
    tools.clear();
    for (const tool of listed) {
      const name = assigned.get(tool.name) ?? tool.name;
      tools.set(name, { remote: tool.name, descriptor: toDescriptor(server, name, tool) });
    }
    onListed();
  }

  async function readAgain(session: Promise<Session> | undefined): Promise<void> {
    isReading = true;
    try {
      const opened = await session?.catch(() => null);
      if (opened) await read(opened.client);
    } catch (err) {
      log.warn({ server: server.name, err }, 'the tools of an MCP server could not be listed again');
    } finally {
      isReading = false;
    }
  }

  function readLater(sessionOf: () => Promise<Session> | undefined): void {
    timer ??= setTimeout(() => {
      timer = undefined;
      if (isReading) readLater(sessionOf);
      else void readAgain(sessionOf());
    }, READ_AFTER_MS).unref();
  }

  return {
    tools,
    read,
    /** Reads the list soon, in the session of that time. */
    readLater,
    stop: () => clearTimeout(timer),
  };
}

function toDescriptor(server: McpServer, name: string, tool: ListedTool): ToolDescriptor {
  const { level, needsApproval, idempotent, timeoutMs } = server;
  return {
    name,
    description: cleanText((tool.description ?? tool.name).slice(0, MAX_DESCRIPTION)),
    parameters: tool.parameters,
    checked: tool.checked,
    source: toolSource(server),
    level,
    needsApproval,
    idempotent,
    timeoutMs,
  };
}
