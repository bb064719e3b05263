import type { PromptMessage } from '../narrative/prompt.js';

/** JSON of a server's own beside what it sent. It is stored and sent back unchanged. */
export type ServerFields = { [key: string]: unknown };

/**
 * A tool call as the model sent it. `arguments` may be invalid JSON, and `id` may be empty. `serverFields` holds fields that the
 * server wants back with the call, such as a signature of the reasoning behind it.
 */
export type ToolCallRequest = { id: string; name: string; arguments: string; serverFields?: ServerFields };

/** The API that a block of reasoning came by. Other APIs do not understand it. */
export type ReasoningApi = 'chat' | 'responses' | 'anthropic';

/** A piece of reasoning in the form of its API, with its signature or encrypted content. */
export type ReasoningBlock = { api: ReasoningApi; block: ServerFields };

/** The name under which a server sends reasoning as text and wants it back. */
export type ReasoningField = 'reasoning_content';

/** What a server sent of its reasoning and wants back. `field` is null where it does not want the text. */
export type ReceivedReasoning = { field: ReasoningField | null; blocks: ReasoningBlock[] };

/**
 * The reasoning before an assistant's message, as its server wants it back: as text, which is empty where it does not want
 * it, and as blocks.
 */
export type Reasoning = { text: string; blocks: ReasoningBlock[] };

/** A message for a provider, including tool calls and their results. */
export type ChatMessage =
  | PromptMessage
  | { role: 'assistant'; content: string; toolCalls: ToolCallRequest[]; reasoning?: Reasoning }
  | { role: 'tool'; toolCallId: string; content: string };
