/** A request as the Messages API gets it, as far as the rules look at it. */
export type AnthropicBody = {
  model: string;
  max_tokens: number;
  system?: Block[];
  messages: { role: string; content: Block[] }[];
  tools?: Block[];
  tool_choice?: { type: string; name?: string };
  thinking?: { type: string; budget_tokens?: number };
  temperature?: number;
  stop_sequences?: string[];
  stream?: boolean;
};
export type Block = { type?: string; cache_control?: object } & Record<string, unknown>;

/** What the server has sent so far: its blocks of reasoning as JSON, and by call those that came before it. */
export type SentReasoning = {
  blocks: Set<string>;
  byCall: Map<string, string[]>;
  /** Whether it has just paused a reply, which the next request has at its end. */
  paused: boolean;
};

type Rule = (body: AnthropicBody, sent: SentReasoning) => string | false | undefined;

const fields = new Set(
  'model max_tokens system messages tools tool_choice thinking temperature stream stop_sequences metadata'.split(' '),
);
const blocksOf = ({ messages }: AnthropicBody): Block[] => messages.flatMap(({ content }) => content);
const usesOf = (content: Block[]) => content.filter(({ type }) => type === 'tool_use');
const isReasoning = ({ type }: Block) => type === 'thinking' || type === 'redacted_thinking';
const isBlank = (text: unknown) => typeof text !== 'string' || text.trim() === '';
/** A block as a text, whatever the order of its fields. */
export const canonical = (block: Block): string =>
  JSON.stringify(Object.fromEntries(Object.entries(block).sort(([a], [b]) => (a < b ? -1 : 1))));

const word = /^[a-zA-Z0-9_-]+$/;

/** What the real API refuses, with words like its own. */
const rules: Rule[] = [
  (body) => Object.keys(body).find((name) => !fields.has(name)) && 'extra: Extra inputs are not permitted',
  ({ max_tokens }) => !(Number.isInteger(max_tokens) && max_tokens > 0) && 'max_tokens: Field required',
  ({ temperature = 1 }) => !(temperature >= 0 && temperature <= 1) && 'temperature: range: 0..1',
  ({ messages }) => messages.length === 0 && 'messages: at least one message is required',
  ({ messages }) => messages[0]?.role !== 'user' && 'messages: first message must use the "user" role',
  ({ messages }) =>
    messages.some(({ role }, n) => role === messages[n - 1]?.role) &&
    'messages: roles must alternate between "user" and "assistant"',
  ({ messages }) => messages.some(({ role }) => role !== 'user' && role !== 'assistant') && 'messages: unexpected role',
  ({ messages }, { paused }) =>
    messages.at(-1)?.role !== 'user' &&
    !paused &&
    'This model does not support assistant message prefill. It must end with a user message.',
  ({ messages }) => messages.some(({ content }) => content.length === 0) && 'messages: content must be non-empty',
  (body) =>
    [...blocksOf(body), ...(body.system ?? [])].some(({ type, text }) => type === 'text' && isBlank(text)) &&
    'messages: text content blocks must contain non-whitespace text',
  (body) =>
    [...blocksOf(body), ...(body.system ?? []), ...(body.tools ?? [])].filter((block) => block.cache_control).length >
      4 && 'A maximum of 4 blocks with cache_control may be provided.',
  (body) => blocksOf(body).some((block) => isReasoning(block) && block.cache_control) && 'cache_control: not permitted',
  (body) =>
    usesOf(blocksOf(body)).some(
      ({ id, name }) => !word.test(String(id)) || !/^[a-zA-Z0-9_-]{1,64}$/.test(String(name)),
    ) && 'tool_use: String should match pattern',
  (body) =>
    usesOf(blocksOf(body)).some(({ input }) => typeof input !== 'object' || input === null || Array.isArray(input)) &&
    'tool_use.input: Input should be a valid dictionary',
  (body) => {
    const ids = usesOf(blocksOf(body)).map(({ id }) => id);
    return new Set(ids).size < ids.length && 'messages: `tool_use` ids must be unique';
  },
  ({ messages }) =>
    messages.some(({ content }, n) => !areAnswered(usesOf(content), messages[n + 1]?.content ?? [])) &&
    '`tool_use` ids were found without `tool_result` blocks immediately after',
  ({ messages }) =>
    messages.some(({ content }, n) => !areAsked(content, usesOf(messages[n - 1]?.content ?? []))) &&
    'unexpected `tool_use_id` found in `tool_result` blocks',
  (body) =>
    usesOf(blocksOf(body)).length > 0 && !body.tools?.length && 'Requests which include `tool_use` must define tools.',
  ({ tools = [] }) =>
    tools.some(({ name, input_schema }) => !word.test(String(name)) || (input_schema as Block)?.type !== 'object') &&
    'tools: input_schema.type: Field required',
  ({ thinking, max_tokens }) =>
    thinking?.type === 'enabled' &&
    !((thinking.budget_tokens ?? 0) >= 1024 && (thinking.budget_tokens ?? 0) < max_tokens) &&
    '`max_tokens` must be greater than `thinking.budget_tokens`',
  ({ thinking, temperature }) =>
    thinking && temperature !== undefined && '`temperature` may only be set to 1 when thinking is enabled',
  ({ thinking, tool_choice }) =>
    thinking && tool_choice?.type === 'tool' && 'Thinking may not be enabled when tool_choice forces tool use.',
  (body, { blocks }) =>
    blocksOf(body).some((block) => isReasoning(block) && !blocks.has(canonical(block))) &&
    'Invalid `signature` in `thinking` block',
  ({ messages }, { byCall }) =>
    messages.some(({ content }) => !beginsWithReasoning(content, byCall)) &&
    'Expected `thinking` or `redacted_thinking`, but found `tool_use`',
];

/** The first words of refusal, or null for a request that the API takes. */
export function refusalOf(body: AnthropicBody, sent: SentReasoning): string | null {
  for (const rule of rules) {
    const refused = rule(body, sent);
    if (refused) return refused;
  }
  return null;
}

/** The results of all calls, and nothing else, come first in the next message. */
function areAnswered(uses: Block[], next: Block[]): boolean {
  const answered = next.slice(0, uses.length).map(({ type, tool_use_id }) => type === 'tool_result' && tool_use_id);
  return uses.every(({ id }) => answered.includes(id));
}

const areAsked = (content: Block[], uses: Block[]): boolean =>
  content.every(({ type, tool_use_id }) => type !== 'tool_result' || uses.some(({ id }) => id === tool_use_id));

/** All reasoning that was sent with a message's calls is at its beginning, in order. */
function beginsWithReasoning(content: Block[], byCall: SentReasoning['byCall']): boolean {
  const demanded = usesOf(content).map(({ id }) => byCall.get(String(id)) ?? []);
  const leading = content.slice(0, demanded[0]?.length ?? 0).map(canonical);
  return demanded.every((blocks) => blocks.every((block, n) => leading[n] === block));
}
