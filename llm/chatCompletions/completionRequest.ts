import type { PromptMessage } from '../../domain/narrative/prompt.js';
import { askForFormat, formatDemand, type SentFormat, withDemand } from '../outgoing/answerFormat.js';
import { toChatMessages, toChatTool } from '../outgoing/chatMessages.js';
import type { ReplyRequest } from '../port.js';
import { applyRules, type Body, type RequestRules, sendableRules } from '../profiles/requestRules.js';
import { withoutKeywords } from '../profiles/schemaKeywords.js';
import { optionFields, withStops } from '../turnOptionFields.js';

/** The request of a reply. `dialect`: the parameters with which the server continues a partial message. */
export function toReplyBody(request: ReplyRequest, rules: RequestRules, dialect: object): Body {
  const { continueFrom, tools, format } = request;
  const asked = format ? askForFormat(format, rules) : { format: null, demand: null };
  const messages = asked.demand === null ? request.messages : withDemand(request.messages, asked.demand);
  return applyRules(
    {
      model: request.model,
      messages: [
        ...toChatMessages(messages, { rules: sendableRules(rules), tools }),
        ...(continueFrom === undefined ? [] : [{ role: 'assistant', content: continueFrom }]),
      ],
      ...(continueFrom === undefined ? {} : dialect),
      ...(tools?.length ? { tools: tools.map(toChatTool), ...choiceFields(request) } : {}),
      ...formatFields(asked.format),
      stream: true,
      stream_options: { include_usage: true },
      ...(request.thinking ? rules.thinking : {}),
      ...optionFields(rules.stops ? withStops(request) : request, 'chat'),
    },
    rules,
  );
}

function choiceFields({ toolChoice, parallelToolCalls }: ReplyRequest): object {
  const named = typeof toolChoice === 'object' ? { type: 'function', function: toolChoice } : toolChoice;
  return {
    ...(named === undefined ? {} : { tool_choice: named }),
    ...(parallelToolCalls === undefined ? {} : { parallel_tool_calls: parallelToolCalls }),
  };
}

/** The parameter of a form of the answer, under the name that it has here. */
function formatFields(format: SentFormat | null): object {
  if (!format) return {};
  if (format.type === 'json_object') return { response_format: format };
  const { type, ...named } = format;
  return { response_format: { type, json_schema: named } };
}

export type StructuredQuestion = { model: string; messages: PromptMessage[]; name: string; schema: object };

/** The request of a classifier, with its schema where the server takes it, else in the prompt. */
export function toClassifierBody(question: StructuredQuestion, rules: RequestRules): Body {
  const { model, messages, name } = question;
  const schema = withoutKeywords(question.schema, rules.schemaWithout);
  const strict = { type: 'json_schema', json_schema: { name, strict: true, schema } };
  const ask = (own: PromptMessage[], format: object) =>
    applyRules({ model, messages: toChatMessages(own, { rules: sendableRules(rules) }), ...format }, rules);
  switch (rules.answers) {
    case 'json_schema':
      return ask(messages, { response_format: strict });
    case 'json_schema_in_prompt':
      return ask(withDemand(messages, formatDemand(schema)), { response_format: strict });
    case 'json_object':
      return ask(withDemand(messages, formatDemand(schema)), { response_format: { type: 'json_object' } });
    case 'text':
      return ask(withDemand(messages, formatDemand(schema)), {});
  }
}
