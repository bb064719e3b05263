import type { PromptMessage } from '../narrative/prompt.js';

/** A call of a tool, as the model sent it: `arguments` may be no JSON, and `id` empty. */
export type ToolCallRequest = { id: string; name: string; arguments: string };

/** A message as providers take it, with the calls of tools and their results. */
export type ChatMessage =
  | PromptMessage
  | { role: 'assistant'; content: string; toolCalls: ToolCallRequest[] }
  | { role: 'tool'; toolCallId: string; content: string };
