import { readToolScope } from '../../db/agents/toolScope.js';
import type { Pool } from '../../db/core/pool.js';
import { offeredTools, type ToolDescriptor } from '../../domain/agents/tools.js';
import type { ToolRegistry } from '../../llm/tools/registry.js';

export type OfferedTools = (turnId: string, options?: { toSubagent: boolean }) => Promise<ToolDescriptor[]>;

/**
 * The tools in a request: those that the chat enables and the caller's level allows. A sub-agent gets none that needs
 * approval, and none that starts another sub-agent.
 */
export function createOfferedTools({ pool, tools }: { pool: Pool; tools: ToolRegistry }): OfferedTools {
  return async (turnId, options) => {
    const scope = await readToolScope(pool, turnId);
    const offered = offeredTools(tools.list(), scope);
    return options?.toSubagent ? offered.filter((tool) => tool.name !== 'delegate' && !tool.needsApproval) : offered;
  };
}
