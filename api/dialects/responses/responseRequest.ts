import { z } from 'zod';
import type { EarlierMessage } from '../../../db/chats/newChat.js';
import type { ClientFunctions } from '../../../domain/agents/clientFunctions.js';
import { readTextFormat, withFormat } from '../core/answerFormat.js';
import { readOpenAiFunctions } from '../core/functions.js';
import { withNotes } from '../core/images.js';
import { invalidRequest, invalidShape } from '../core/openaiErrors.js';
import { inputItem, type ResponseInput, readItems } from './responseInput.js';
import type { ResponseFields } from './responseObject.js';

const nullish = <T extends z.ZodType>(type: T) => type.nullish();

const body = z.looseObject({
  model: z.string().min(1).max(300),
  input: z.union([z.string(), z.array(inputItem)]),
  instructions: nullish(z.string()),
  previous_response_id: nullish(z.string()),
  conversation: nullish(z.union([z.string(), z.looseObject({ id: z.string() })])),
  metadata: nullish(z.record(z.string(), z.string())),
  stream: nullish(z.boolean()),
  store: nullish(z.boolean()),
  background: nullish(z.boolean()),
  temperature: nullish(z.number().min(0).max(2)),
  top_p: nullish(z.number()),
  max_output_tokens: nullish(z.number().int().min(1)),
  tools: nullish(z.array(z.unknown())),
  tool_choice: z.unknown().optional(),
  parallel_tool_calls: nullish(z.boolean()),
  text: z.unknown().optional(),
  reasoning: z.unknown().optional(),
  truncation: nullish(z.string()),
  service_tier: nullish(z.string()),
  safety_identifier: nullish(z.string()),
  prompt_cache_key: nullish(z.string()),
});
type Body = z.output<typeof body>;

export type ResponseRequest = {
  fields: ResponseFields;
  /** The items, as `input_items` lists them. */
  input: unknown[];
  /** What the items mean. */
  said: ResponseInput;
  functions: ClientFunctions | undefined;
  instructions: string | null;
  stream: boolean;
  conversation: string | null;
};

/** Reads the body. Fields that are not known are taken. Throws `OpenAiRefused`. */
export function readResponseRequest(given: unknown): ResponseRequest {
  const parsed = body.safeParse(given ?? {});
  if (!parsed.success) throw invalidShape(parsed.error);
  const asked = parsed.data;
  const conversation =
    typeof asked.conversation === 'object' ? (asked.conversation?.id ?? null) : (asked.conversation ?? null);
  mustAgree(asked, conversation);
  const items =
    typeof asked.input === 'string' ? [{ type: 'message', role: 'user', content: asked.input }] : asked.input;
  const said = readItems(items, 'input');
  if ((said.text ?? '').trim() === '' && (said.text !== null || said.outputs.length === 0)) {
    const message = 'input: must end with a message of the user that is not empty, or with an output of a function';
    throw invalidRequest(message, 'input', 'empty_text');
  }
  const instructions = [asked.instructions ?? '', ...said.instructions].filter((text) => text !== '').join('\n\n');
  return {
    fields: fieldsOf(asked),
    input: items,
    said,
    functions: withFormat(readOpenAiFunctions(asked, 'responses'), readTextFormat(asked.text)),
    instructions: instructions || null,
    stream: asked.stream ?? false,
    conversation,
  };
}

/** Refuses fields that exclude each other. Throws `OpenAiRefused`. */
function mustAgree(asked: Body, conversation: string | null): void {
  if (conversation && asked.previous_response_id) {
    const message = 'previous_response_id: can not be given together with conversation';
    throw invalidRequest(message, 'previous_response_id', 'mutually_exclusive_parameters');
  }
  if (asked.background && asked.store === false)
    throw invalidRequest('background: needs store, which is false', 'background', 'invalid_value');
}

/** The messages of items that are added to a conversation, and the texts of its system. Throws `OpenAiRefused`. */
export function readAddedItems(items: readonly unknown[]): { messages: EarlierMessage[]; instructions: string[] } {
  const read = items.map((given, n) => {
    const parsed = inputItem.safeParse(given);
    if (!parsed.success) throw invalidShape(parsed.error, ['items', n]);
    return parsed.data;
  });
  const { earlier, text, files, strays, instructions } = readItems(read, 'items');
  if (strays.length > 0) throw invalidRequest(noCall(strays[0]?.callId ?? ''), 'items');
  const last = withNotes(text ?? '', files);
  return { messages: last === '' ? earlier : [...earlier, { role: 'user', text: last }], instructions };
}

export const noCall = (callId: string): string =>
  `No tool call found for function call output with call_id ${callId.slice(0, 100)}.`;

function fieldsOf(asked: Body): ResponseFields {
  return {
    model: asked.model,
    instructions: asked.instructions ?? null,
    previous_response_id: asked.previous_response_id ?? null,
    metadata: asked.metadata ?? {},
    temperature: asked.temperature ?? null,
    top_p: asked.top_p ?? null,
    max_output_tokens: asked.max_output_tokens ?? null,
    tools: asked.tools ?? [],
    tool_choice: asked.tool_choice ?? 'auto',
    parallel_tool_calls: asked.parallel_tool_calls ?? true,
    text: asked.text ?? { format: { type: 'text' } },
    reasoning: asked.reasoning ?? null,
    truncation: asked.truncation ?? 'disabled',
    store: asked.store ?? true,
    background: asked.background ?? false,
    service_tier: asked.service_tier ?? null,
    safety_identifier: asked.safety_identifier ?? null,
    prompt_cache_key: asked.prompt_cache_key ?? null,
  };
}
