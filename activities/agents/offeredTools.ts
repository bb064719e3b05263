import { readToolScope } from '../../db/agents/toolScope.js';
import type { Pool } from '../../db/core/pool.js';
import { offeredTools, type ToolDescriptor } from '../../domain/agents/tools.js';
import type { ToolRegistry } from '../../llm/tools/registry.js';

export type OfferedTools = (turnId: string, options?: { toSubagent: boolean }) => Promise<ToolDescriptor[]>;

/**
 * The tools that a turn's model is told of: those that its chat enables and its caller is allowed. A sub-agent is
 * offered none that waits for a person, and none that begins another.
 */
export function createOfferedTools({ pool, tools }: { pool: Pool; tools: ToolRegistry }): OfferedTools {
  return async (turnId, options) => {
    const scope = await readToolScope(pool, turnId);
    const offered = offeredTools(tools.list(), scope);
    return options?.toSubagent ? offered.filter((tool) => tool.name !== 'delegate' && !tool.needsApproval) : offered;
  };
}
