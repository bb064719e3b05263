import type OpenAI from 'openai';
import type {
  ChatMessage,
  Reasoning,
  ReasoningBlock,
  ServerFields,
  ToolCallRequest,
} from '../../domain/agents/chatMessage.js';
import type { AttachedPart } from '../../domain/attachments/promptAttachments.js';
import type { ToolOffer } from '../port.js';
import { dataUrl, joinedText } from './images.js';
import { type SendableRules, toSendable } from './toSendable.js';

/** The names that servers have for blocks of reasoning in an assistant's message. */
type BlockFields = { reasoning_details?: object[]; thinking_blocks?: object[] };

/** Stands for reasoning that a message lacks, where the server requires some with all calls. Empty text is refused. */
const NO_REASONING = ' ';

/** The messages of a request for Chat Completions, with what the server attached to its calls. */
export function toChatMessages(
  messages: ChatMessage[],
  { rules = {}, tools = [] }: { rules?: SendableRules | undefined; tools?: ToolOffer[] | undefined } = {},
): OpenAI.ChatCompletionMessageParam[] {
  const names = tools.map(({ name }) => name);
  const sendable = toSendable(messages, rules, names);
  // A server that sends reasoning under this name may refuse calls without it.
  const reasons = rules.reasoningContent ?? sendable.some((message) => reasoningOf(message)?.text);
  return sendable.map((message) => toChatMessage(message, rules, Boolean(reasons)));
}

const reasoningOf = (message: ChatMessage): Reasoning | undefined =>
  'reasoning' in message ? message.reasoning : undefined;

function toChatMessage(
  message: ChatMessage,
  { nullContent = true, textParts = true }: SendableRules,
  reasons: boolean,
): OpenAI.ChatCompletionMessageParam {
  if (message.role === 'tool') return { role: 'tool', tool_call_id: message.toolCallId, content: message.content };
  if (!('toolCalls' in message)) {
    const { role, content, attached = [] } = message;
    if (role !== 'user' || attached.length === 0) return { role, content };
    const hasImages = attached.some(({ type }) => type === 'image');
    return { role, content: textParts || hasImages ? toParts(content, attached) : joinedText(content, attached) };
  }
  const { content, toolCalls, reasoning } = message;
  const asking = {
    role: 'assistant' as const,
    content: content || (nullContent ? null : ''),
    ...(reasons ? { reasoning_content: reasoning?.text || NO_REASONING } : {}),
    ...blockFields(reasoning?.blocks ?? []),
    tool_calls: toolCalls.map(toChatCall),
  };
  return asking;
}

const toParts = (content: string, attached: readonly AttachedPart[]): OpenAI.ChatCompletionContentPart[] => [
  ...(content === '' ? [] : [{ type: 'text' as const, text: content }]),
  ...attached.map((part) =>
    part.type === 'text' ? part : { type: 'image_url' as const, image_url: { url: dataUrl(part) } },
  ),
];

/** The server's own fields stand where they came from: beside `function`, or within it. */
function toChatCall({ id, name, arguments: sent, serverFields = {} }: ToolCallRequest) {
  const { function: within, index: _, ...beside } = serverFields;
  const isObject = typeof within === 'object' && within !== null && !Array.isArray(within);
  return {
    ...beside,
    id,
    type: 'function' as const,
    function: { ...(isObject ? within : {}), name, arguments: sent },
  };
}

const isThinkingBlock = ({ type }: ServerFields) => type === 'thinking' || type === 'redacted_thinking';

/** OpenRouter's blocks are named like `reasoning.text`; LiteLLM passes Anthropic's on, which have the type `thinking`. */
function blockFields(blocks: ReasoningBlock[]): BlockFields {
  const own = blocks.flatMap(({ api, block }) => (api === 'chat' ? [block] : []));
  const thinking = own.filter(isThinkingBlock);
  const details = own.filter((block) => !isThinkingBlock(block));
  return {
    ...(details.length > 0 ? { reasoning_details: details } : {}),
    ...(thinking.length > 0 ? { thinking_blocks: thinking } : {}),
  };
}

/** A tool as Chat Completions takes it. */
export const toChatTool = (tool: ToolOffer): OpenAI.ChatCompletionFunctionTool => ({
  type: 'function',
  function: { name: tool.name, description: tool.description, parameters: tool.parameters as Record<string, unknown> },
});
