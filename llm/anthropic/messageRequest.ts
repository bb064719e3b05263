import type Anthropic from '@anthropic-ai/sdk';
import type { ChatMessage, ServerFields } from '../../domain/agents/chatMessage.js';
import type { TurnOptions } from '../../domain/turns/turnOptions.js';
import { formatDemand, schemaOf, withDemand } from '../outgoing/answerFormat.js';
import { sendableImages } from '../outgoing/images.js';
import type { ReplyRequest, ToolOffer } from '../port.js';
import { optionFields, withStops } from '../turnOptionFields.js';
import { markStable } from './cacheMarks.js';
import { type Conversation, toConversation } from './conversation.js';
import type { ModelFacts } from './modelFacts.js';
import { samplingOptions } from './samplingOptions.js';

/** The API's own bounds. */
const MAX_TEMPERATURE = 1;
const MIN_BUDGET = 1_024;
/** The tokens for reasoning, where the reply has room for them. */
const BUDGET = 8_192;

/**
 * The most output tokens of a model, which each request has to name. Older models refuse more; a server that refuses the
 * default says what it allows.
 */
export function defaultMaxTokens(model: string): number {
  if (/claude-(2|instant|3-(opus|sonnet|haiku))/.test(model)) return 4_096;
  return /claude/.test(model) && !/claude-3-5/.test(model) ? 32_000 : 8_192;
}

/** The request of a reply. `continued`: what the provider has sent of it before it paused. */
export function toMessageRequest(
  request: ReplyRequest,
  facts: ModelFacts,
  continued: ServerFields[],
): Anthropic.MessageCreateParamsStreaming {
  const asked = withStops(request);
  const { model } = asked;
  const maxTokens = Math.min(request.maxTokens ?? defaultMaxTokens(model), facts.maxTokens ?? Infinity);
  const thinking = thinkingOf(request, facts, maxTokens);
  const options = { ...(thinking ? { stop: asked.stop } : withoutRefused(asked, facts)), maxTokens };
  const { format } = request;
  const said = format ? withDemand(request.messages, formatDemand(schemaOf(format))) : request.messages;
  const messages = sendableImages(said, facts.images);
  const conversation = toConversation(
    facts.thinking === 'none' ? messages.map(withoutBlocks) : messages,
    request.tools?.map(({ name }) => name),
  );
  const tools = toolFields(request, conversation, { facts, thinks: thinking !== undefined });
  const marked = facts.cache === 'none' ? { ...conversation, ...tools } : markStable({ ...conversation, ...tools });
  const partial = continued.length > 0 ? [{ role: 'assistant' as const, content: continued as unknown as Blocks }] : [];
  return {
    model,
    max_tokens: maxTokens,
    ...optionFields(options, 'anthropic'),
    ...(marked.system.length > 0 ? { system: marked.system } : {}),
    messages: [...marked.messages, ...partial],
    ...(marked.tools ? { tools: marked.tools } : {}),
    ...(tools.tool_choice ? { tool_choice: tools.tool_choice } : {}),
    ...(thinking ? { thinking } : {}),
    stream: true,
  };
}

/** The options that the model takes, within the API's bounds. */
function withoutRefused(asked: TurnOptions, facts: ModelFacts): TurnOptions {
  const { temperature } = asked;
  const refused = samplingOptions.filter(({ option }) => facts[option] === 'none');
  return {
    ...asked,
    ...(temperature === undefined ? {} : { temperature: Math.min(temperature, MAX_TEMPERATURE) }),
    ...Object.fromEntries(refused.map(({ option }) => [option, undefined])),
  };
}

type Blocks = Anthropic.ContentBlockParam[];

/** Undefined where the model is not asked to reason, or a budget has no room beside the reply. */
function thinkingOf(
  { thinking, messages }: ReplyRequest,
  facts: ModelFacts,
  maxTokens: number,
): Anthropic.ThinkingConfigParam | undefined {
  if (!thinking || facts.thinking === 'none') return undefined;
  if (facts.thinking === 'adaptive') return { type: 'adaptive', display: 'summarized' };
  if (maxTokens < 2 * MIN_BUDGET || !beganWithReasoning(messages)) return undefined;
  return { type: 'enabled', budget_tokens: Math.min(BUDGET, Math.floor(maxTokens / 2)) };
}

/**
 * Whether the calls since the user's last message began with a block of reasoning. If they did not, as when another
 * provider made them, the API refuses to reason until they are answered.
 */
function beganWithReasoning(messages: ChatMessage[]): boolean {
  const since = messages.slice(messages.findLastIndex(({ role }) => role === 'user') + 1);
  const first = since.find((message) => 'toolCalls' in message);
  return !first || Boolean(first.reasoning?.blocks.some(({ api }) => api === 'anthropic'));
}

function withoutBlocks(message: ChatMessage): ChatMessage {
  if (!('toolCalls' in message)) return message;
  const { reasoning: _, ...rest } = message;
  return rest;
}

type ToolFields = { tools?: Anthropic.Tool[]; tool_choice?: Anthropic.ToolChoice };

/** Calls in the history need tools: without an offer their names alone are declared, and can't be called. */
function toolFields(request: ReplyRequest, { messages }: Conversation, how: ChoiceRules): ToolFields {
  const { tools: offers = [] } = request;
  const choice = choiceOf(request, how);
  if (offers.length > 0) return { tools: offers.map(toTool), ...(choice ? { tool_choice: choice } : {}) };
  const uses = messages.flatMap(({ content }) => content.filter((block) => block.type === 'tool_use'));
  const names = [...new Set(uses.map(({ name }) => name))];
  if (names.length === 0) return {};
  return { tools: names.map((name) => ({ name, input_schema: { type: 'object' } })), tool_choice: { type: 'none' } };
}

type ChoiceRules = { facts: ModelFacts; thinks: boolean };

/** A model that reasons, and some others, can't be made to call a tool. */
function choiceOf(
  { toolChoice, parallelToolCalls }: ReplyRequest,
  { facts, thinks }: ChoiceRules,
): Anthropic.ToolChoice | undefined {
  const alone = parallelToolCalls === false ? { disable_parallel_tool_use: true } : {};
  if (toolChoice === 'none') return { type: 'none' };
  if (toolChoice === undefined || thinks || facts.toolChoice === 'auto')
    return parallelToolCalls === false ? { type: 'auto', ...alone } : undefined;
  return toolChoice === 'required' ? { type: 'any', ...alone } : { type: 'tool', name: toolChoice.name, ...alone };
}

const toTool = ({ name, description, parameters }: ToolOffer): Anthropic.Tool => ({
  name,
  ...(description.trim() === '' ? {} : { description }),
  input_schema: { ...parameters, type: 'object' },
});
