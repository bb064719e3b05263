import type { AnswerFormat } from '../../domain/agents/clientFunctions.js';
import type { PromptMessage } from '../../domain/narrative/prompt.js';
import { formatDemand, withDemand } from '../outgoing/answerFormat.js';
import { toChatMessages, toChatTool } from '../outgoing/chatMessages.js';
import type { ReplyRequest } from '../port.js';
import { applyRules, type Body, type RequestRules, sendableRules } from '../profiles/requestRules.js';
import { withoutKeywords } from '../profiles/schemaKeywords.js';
import { optionFields, withStops } from '../turnOptionFields.js';

/** The request of a reply. `dialect`: the parameters with which the server continues a partial message. */
export function toReplyBody(request: ReplyRequest, rules: RequestRules, dialect: object): Body {
  const { continueFrom, tools, format } = request;
  const asked = format ? askFor(format, rules) : { fields: {}, demand: null };
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
      ...asked.fields,
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

type Asked = { fields: object; demand: string | null };

/** How the server is asked for a form of the answer: by a parameter where it takes it, else in the prompt. */
function askFor(format: AnswerFormat, rules: RequestRules): Asked {
  if (format.type === 'json_object')
    return rules.answers === 'text'
      ? { fields: {}, demand: formatDemand(null) }
      : { fields: { response_format: format }, demand: null };
  const { type, ...named } = format;
  const schema = withoutKeywords(format.schema, rules.schemaWithout);
  const fields = { response_format: { type, json_schema: { ...named, schema } } };
  switch (rules.answers) {
    case 'json_schema':
      return { fields, demand: null };
    case 'json_schema_in_prompt':
      return { fields, demand: formatDemand(schema) };
    case 'json_object':
      return { fields: { response_format: { type: 'json_object' } }, demand: formatDemand(schema) };
    case 'text':
      return { fields: {}, demand: formatDemand(schema) };
  }
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
