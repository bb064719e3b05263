import type Anthropic from '@anthropic-ai/sdk';
import type { ToolCallRequest } from '../../domain/agents/chatMessage.js';

const MAX_ID = 128;

/** Turns sendable calls into blocks, with ids of the characters that the API allows, each once in the conversation. */
export function createUseBlocks() {
  const taken = new Set<string>();
  return ({ id, name, arguments: sent }: ToolCallRequest): Anthropic.ToolUseBlockParam => ({
    type: 'tool_use',
    id: freeId(taken, toId(id)),
    name,
    input: JSON.parse(sent) as Record<string, unknown>,
  });
}

const toId = (id: string): string => id.replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, MAX_ID) || 'call';

function freeId(taken: Set<string>, wanted: string): string {
  let id = wanted;
  for (let more = 2; taken.has(id); more++) id = `${wanted}_${more}`;
  taken.add(id);
  return id;
}
