import { setTimeout as delay } from 'node:timers/promises';
import type { Config } from '../config.js';
import { publishTools } from '../db/agents/tools.js';
import type { Pool } from '../db/core/pool.js';
import { createMcpTools } from '../llm/tools/mcp.js';
import { createToolRegistry, type ToolRegistry } from '../llm/tools/registry.js';
import type { Log } from '../telemetry/log/log.js';

/** The longest wait for MCP servers, in milliseconds: before they are connected, calls of their tools would fail. */
const CONNECT_WITHIN_MS = 5_000;

/**
 * Opens the tools of this worker. Waits for its MCP servers for up to `CONNECT_WITHIN_MS`; those that connect later add
 * their tools then. Only a worker with the role `streams` publishes the list.
 */
export async function openTools(
  config: Pick<Config, 'MCP_SERVERS' | 'WORKER_ROLES'>,
  { pool, log }: { pool: Pool; log: Log },
): Promise<{ tools: ToolRegistry; close: () => Promise<void> }> {
  const isPublished = config.WORKER_ROLES.includes('streams');
  const runsTools = isPublished || config.WORKER_ROLES.includes('turns');
  const publish = async () => {
    if (!isPublished) return;
    await publishTools(pool, tools.list, mcp.connecting).catch((err: unknown) =>
      log.warn({ err }, 'the tools could not be published'),
    );
  };
  const mcp = createMcpTools(runsTools ? config.MCP_SERVERS : [], { log, onListed: () => void publish() });
  const tools = createToolRegistry({ outside: mcp });
  const connecting = mcp.connect().then(publish);
  await Promise.race([connecting, delay(CONNECT_WITHIN_MS, undefined, { ref: false })]);
  return { tools, close: mcp.close };
}
