import type { PromptMessage } from '../narrative/prompt.js';

/** A tool call as the model sent it. `arguments` may be invalid JSON, and `id` may be empty. */
export type ToolCallRequest = { id: string; name: string; arguments: string };

/** A message for a provider, including tool calls and their results. */
export type ChatMessage =
  | PromptMessage
  | { role: 'assistant'; content: string; toolCalls: ToolCallRequest[] }
  | { role: 'tool'; toolCallId: string; content: string };
