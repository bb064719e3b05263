import type OpenAI from 'openai';
import { askForFormat, withDemand } from '../outgoing/answerFormat.js';
import { toResponseItems, toResponseTool } from '../outgoing/responseItems.js';
import type { ReplyRequest } from '../port.js';
import { plainRules, type RequestRules, sendableRules } from '../profiles/requestRules.js';
import { optionFields } from '../turnOptionFields.js';

/** The request of a reply for the Responses API, in background mode: the provider stores the response. */
export function toResponseRequest(
  request: ReplyRequest,
  rules: RequestRules = plainRules,
): OpenAI.Responses.ResponseCreateParamsStreaming {
  const { model, tools } = request;
  const { format, demand } = request.format ? askForFormat(request.format, rules) : { format: null, demand: null };
  const messages = demand === null ? request.messages : withDemand(request.messages, demand);
  return {
    model,
    input: toResponseItems(messages, tools, sendableRules(rules)),
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
