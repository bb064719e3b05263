import type OpenAI from 'openai';
import type { ChatMessage } from '../../domain/agents/chatMessage.js';
import type { AttachedPart } from '../../domain/attachments/promptAttachments.js';
import type { ToolOffer } from '../port.js';
import { dataUrl } from './images.js';
import { type SendableRules, toSendable } from './toSendable.js';

type Item = OpenAI.Responses.ResponseInputItem;

/** The messages of a request for the Responses API, with the reasoning that its server attached to its calls. */
export const toResponseItems = (
  messages: ChatMessage[],
  tools: ToolOffer[] = [],
  rules: Pick<SendableRules, 'images'> = {},
): Item[] =>
  toSendable(
    messages,
    { ...rules, callIds: 'long' },
    tools.map(({ name }) => name),
  ).flatMap(toItems);

function toItems(message: ChatMessage): Item[] {
  if (message.role === 'tool')
    return [{ type: 'function_call_output', call_id: message.toolCallId, output: message.content }];
  if ('attached' in message && message.attached?.length)
    return [{ role: 'user', content: toContent(message.content, message.attached) }];
  const text: Item[] = message.content ? [{ role: message.role, content: message.content }] : [];
  if (!('toolCalls' in message)) return text;
  const reasoning = (message.reasoning?.blocks ?? []).flatMap(({ api, block }) =>
    api === 'responses' ? [block as unknown as Item] : [],
  );
  const calls = message.toolCalls.map(({ id, name, arguments: sent }) => ({
    type: 'function_call' as const,
    call_id: id,
    name,
    arguments: sent,
  }));
  return [...reasoning, ...text, ...calls];
}

const toContent = (content: string, attached: readonly AttachedPart[]): OpenAI.Responses.ResponseInputContent[] => [
  ...(content === '' ? [] : [{ type: 'input_text' as const, text: content }]),
  ...attached.map((part) =>
    part.type === 'text'
      ? { type: 'input_text' as const, text: part.text }
      : { type: 'input_image' as const, detail: 'auto' as const, image_url: dataUrl(part) },
  ),
];

/** A tool as the Responses API takes it. */
export const toResponseTool = (tool: ToolOffer): OpenAI.Responses.FunctionTool => ({
  type: 'function',
  name: tool.name,
  description: tool.description,
  parameters: tool.parameters as Record<string, unknown>,
  strict: false,
});
