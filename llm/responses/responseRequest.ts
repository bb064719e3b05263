import type OpenAI from 'openai';
import { toResponseItems, toResponseTool } from '../outgoing/responseItems.js';
import type { SendableRules } from '../outgoing/toSendable.js';
import type { ReplyRequest } from '../port.js';
import { optionFields } from '../turnOptionFields.js';

/** The request of a reply for the Responses API, in background mode: the provider stores the response. */
export function toResponseRequest(
  request: ReplyRequest,
  rules: Pick<SendableRules, 'images'> = {},
): OpenAI.Responses.ResponseCreateParamsStreaming {
  const { model, messages, tools, format } = request;
  return {
    model,
    input: toResponseItems(messages, tools, rules),
    background: true,
    stream: true,
    store: true,
    ...(tools?.length ? { tools: tools.map(toResponseTool), ...choiceFields(request) } : {}),
    ...(format ? { text: { format } as OpenAI.Responses.ResponseTextConfig } : {}),
    ...(request.thinking ? { reasoning: { effort: 'medium' as const, summary: 'auto' as const } } : {}),
    ...optionFields(request, 'responses'),
  };
}

type ChoiceFields = Pick<OpenAI.Responses.ResponseCreateParamsStreaming, 'tool_choice' | 'parallel_tool_calls'>;

function choiceFields({ toolChoice, parallelToolCalls }: ReplyRequest): ChoiceFields {
  const named = typeof toolChoice === 'object' ? { type: 'function' as const, name: toolChoice.name } : toolChoice;
  return {
    ...(named === undefined ? {} : { tool_choice: named }),
    ...(parallelToolCalls === undefined ? {} : { parallel_tool_calls: parallelToolCalls }),
  };
}
