import type Anthropic from '@anthropic-ai/sdk';
import type { ToolCallRequest } from '../../domain/agents/chatMessage.js';
import { parseBounded } from '../../domain/text/boundedJson.js';

const MAX_NAME = 64;
const MAX_ID = 128;

/**
 * Turns past tool calls into blocks that the API accepts: ids and names of the characters that it allows, ids that occur
 * once in the conversation, and arguments that are an object.
 */
export function createSendableCalls() {
  const taken = new Set<string>();
  return {
    toBlock({ id, name, arguments: sent }: ToolCallRequest): Anthropic.ToolUseBlockParam {
      return {
        type: 'tool_use',
        id: freeId(taken, toWord(id, MAX_ID) || 'call'),
        name: toWord(name, MAX_NAME) || 'unknown',
        input: toObject(sent),
      };
    },
  };
}

const toWord = (word: string, max: number): string => word.replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, max);

function freeId(taken: Set<string>, wanted: string): string {
  let id = wanted;
  for (let more = 2; taken.has(id); more++) id = `${wanted}_${more}`;
  taken.add(id);
  return id;
}

/** The arguments as an object; an empty one where the model sent something else. */
function toObject(text: string): Record<string, unknown> {
  const json = parseBounded(text);
  return typeof json === 'object' && json !== null && !Array.isArray(json) ? (json as Record<string, unknown>) : {};
}
