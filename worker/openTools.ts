import { setTimeout as delay } from 'node:timers/promises';
import type { Config } from '../config.js';
import { publishTools } from '../db/agents/tools.js';
import type { Pool } from '../db/core/pool.js';
import { createMcpTools } from '../llm/tools/mcp.js';
import { createToolRegistry, type ToolRegistry } from '../llm/tools/registry.js';
import type { Log } from '../telemetry/log/log.js';

/** A worker that takes calls before its servers are connected fails those of their tools: it waits for so long. */
const CONNECT_WITHIN_MS = 5_000;

/**
 * The tools of this worker. Those of MCP servers are connected before it takes work, as far as the servers answer in
 * time; the others come when they can. Only a worker that runs tools publishes its list.
 */
export async function openTools(
  config: Pick<Config, 'MCP_SERVERS' | 'WORKER_ROLES'>,
  { pool, log }: { pool: Pool; log: Log },
): Promise<{ tools: ToolRegistry; close: () => Promise<void> }> {
  const isPublished = config.WORKER_ROLES.includes('streams');
  const runsTools = isPublished || config.WORKER_ROLES.includes('turns');
  const publish = async () => {
    if (!isPublished) return;
    await publishTools(pool, tools.list).catch((err: unknown) => log.warn({ err }, 'the tools could not be published'));
  };
  // A list that lacks the servers that are still connecting would take their tools away from all.
  let connected = false;
  const mcp = createMcpTools(runsTools ? config.MCP_SERVERS : [], { log, onListed: () => connected && void publish() });
  const tools = createToolRegistry({ outside: mcp });
  const connecting = mcp.connect().then(() => {
    connected = true;
    return publish();
  });
  await Promise.race([connecting, delay(CONNECT_WITHIN_MS, undefined, { ref: false })]);
  return { tools, close: mcp.close };
}
