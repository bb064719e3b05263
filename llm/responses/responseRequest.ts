import type OpenAI from 'openai';
import type { ChatMessage } from '../../domain/agents/chatMessage.js';
import type { ReplyRequest } from '../port.js';

/** A reply's request as the Responses API takes it: kept at the provider, whoever listens. */
export function toResponseRequest(request: ReplyRequest): OpenAI.Responses.ResponseCreateParamsStreaming {
  const { model, messages, tools, maxTokens, temperature } = request;
  return {
    model,
    input: messages.flatMap(toItems),
    background: true,
    stream: true,
    store: true,
    ...(tools?.length ? { tools: tools.map(toTool) } : {}),
    ...(request.thinking ? { reasoning: { effort: 'medium' as const, summary: 'auto' as const } } : {}),
    ...(maxTokens === undefined ? {} : { max_output_tokens: maxTokens }),
    ...(temperature === undefined ? {} : { temperature }),
  };
}

function toItems(message: ChatMessage): OpenAI.Responses.ResponseInputItem[] {
  if (message.role === 'tool')
    return [{ type: 'function_call_output', call_id: message.toolCallId, output: message.content }];
  const said: OpenAI.Responses.ResponseInputItem[] = message.content
    ? [{ role: message.role, content: message.content }]
    : [];
  if (!('toolCalls' in message)) return said;
  const calls = message.toolCalls.map(({ id, name, arguments: sent }) => ({
    type: 'function_call' as const,
    call_id: id,
    name,
    arguments: sent,
  }));
  return [...said, ...calls];
}

const toTool = (tool: NonNullable<ReplyRequest['tools']>[number]): OpenAI.Responses.FunctionTool => ({
  type: 'function',
  name: tool.name,
  description: tool.description,
  parameters: tool.parameters as Record<string, unknown>,
  strict: false,
});
