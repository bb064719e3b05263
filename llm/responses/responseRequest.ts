import type OpenAI from 'openai';
import type { ChatMessage } from '../../domain/agents/chatMessage.js';
import type { ReplyRequest } from '../port.js';
import { type OptionNames, optionFields } from '../turnOptionFields.js';

const optionNames: OptionNames = { temperature: 'temperature', maxTokens: 'max_output_tokens' };

/** The request of a reply for the Responses API, in background mode: the provider stores the response. */
export function toResponseRequest(request: ReplyRequest): OpenAI.Responses.ResponseCreateParamsStreaming {
  const { model, messages, tools } = request;
  return {
    model,
    input: messages.flatMap(toItems),
    background: true,
    stream: true,
    store: true,
    ...(tools?.length ? { tools: tools.map(toTool) } : {}),
    ...(request.thinking ? { reasoning: { effort: 'medium' as const, summary: 'auto' as const } } : {}),
    ...optionFields(request, optionNames),
  };
}

function toItems(message: ChatMessage): OpenAI.Responses.ResponseInputItem[] {
  if (message.role === 'tool')
    return [{ type: 'function_call_output', call_id: message.toolCallId, output: message.content }];
  const text: OpenAI.Responses.ResponseInputItem[] = message.content
    ? [{ role: message.role, content: message.content }]
    : [];
  if (!('toolCalls' in message)) return text;
  const calls = message.toolCalls.map(({ id, name, arguments: sent }) => ({
    type: 'function_call' as const,
    call_id: id,
    name,
    arguments: sent,
  }));
  return [...text, ...calls];
}

const toTool = (tool: NonNullable<ReplyRequest['tools']>[number]): OpenAI.Responses.FunctionTool => ({
  type: 'function',
  name: tool.name,
  description: tool.description,
  parameters: tool.parameters as Record<string, unknown>,
  strict: false,
});
