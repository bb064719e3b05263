import type OpenAI from 'openai';
import { toResponseItems, toResponseTool } from '../outgoing/responseItems.js';
import type { SendableRules } from '../outgoing/toSendable.js';
import type { ReplyRequest } from '../port.js';
import { type OptionNames, optionFields } from '../turnOptionFields.js';

const optionNames: OptionNames = {
  temperature: 'temperature',
  topP: 'top_p',
  maxTokens: 'max_output_tokens',
  presencePenalty: null,
  frequencyPenalty: null,
  stop: null,
};

/** The request of a reply for the Responses API, in background mode: the provider stores the response. */
export function toResponseRequest(
  request: ReplyRequest,
  rules: Pick<SendableRules, 'images'> = {},
): OpenAI.Responses.ResponseCreateParamsStreaming {
  const { model, messages, tools } = request;
  return {
    model,
    input: toResponseItems(messages, tools, rules),
    background: true,
    stream: true,
    store: true,
    ...(tools?.length ? { tools: tools.map(toResponseTool) } : {}),
    ...(request.thinking ? { reasoning: { effort: 'medium' as const, summary: 'auto' as const } } : {}),
    ...optionFields(request, optionNames),
  };
}
