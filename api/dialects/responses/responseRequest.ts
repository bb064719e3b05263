import { z } from 'zod';
import type { EarlierMessage } from '../../../db/chats/newChat.js';
import { invalidRequest } from '../core/openaiErrors.js';
import type { ResponseFields } from './responseObject.js';

const part = z.looseObject({ type: z.string() });
const content = z.union([z.string(), z.array(part)]).nullish();
const item = z.looseObject({ type: z.string().optional(), role: z.string().optional(), content });
const nullish = <T extends z.ZodType>(type: T) => type.nullish();

const body = z.looseObject({
  model: z.string().min(1).max(300),
  input: z.union([z.string(), z.array(item)]),
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
type Item = z.output<typeof item>;

export type ResponseRequest = {
  fields: ResponseFields;
  /** The items, as `input_items` lists them. */
  input: unknown[];
  /** Messages before the one that is answered. */
  earlier: EarlierMessage[];
  /** The text that is answered. */
  text: string;
  /** `data:` URLs of the images that belong to it. */
  images: string[];
  instructions: string | null;
  stream: boolean;
  conversation: string | null;
};

/** Reads the body. Fields that are not known are taken. Throws `OpenAiRefused`. */
export function readResponseRequest(given: unknown): ResponseRequest {
  const parsed = body.safeParse(given ?? {});
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const param = issue?.path.join('.') || null;
    throw invalidRequest(`${param ? `${param}: ` : ''}${issue?.message ?? 'The body is not valid'}`, param);
  }
  const asked = parsed.data;
  const conversation =
    typeof asked.conversation === 'object' ? (asked.conversation?.id ?? null) : (asked.conversation ?? null);
  if (conversation && asked.previous_response_id) {
    const message = 'previous_response_id: can not be given together with conversation';
    throw invalidRequest(message, 'previous_response_id', 'mutually_exclusive_parameters');
  }
  const items: Item[] =
    typeof asked.input === 'string' ? [{ type: 'message', role: 'user', content: asked.input }] : asked.input;
  const messages = items.flatMap(messageOf);
  const last = messages.at(-1);
  if (last?.role !== 'user' || last.text.trim() === '') {
    throw invalidRequest('input: the last message must be of the user and not empty', 'input', 'empty_text');
  }
  const system = items.flatMap(({ role, content: said }) =>
    role === 'system' || role === 'developer' ? [textOf(said)] : [],
  );
  const instructions = [asked.instructions ?? '', ...system].filter((text) => text !== '').join('\n\n');
  return {
    fields: fieldsOf(asked),
    input: items,
    earlier: messages.slice(0, -1),
    text: last.text,
    images: imagesOf(items.findLast(({ role }) => role === 'user')?.content),
    instructions: instructions || null,
    stream: asked.stream ?? false,
    conversation,
  };
}

/** The messages of items. Items that hold no message are left out, or refused where they would be lost. */
export const readMessagesOfItems = (items: readonly unknown[]): EarlierMessage[] =>
  items.flatMap((given, n) => {
    const parsed = item.safeParse(given);
    if (!parsed.success) throw invalidRequest(`items.${n}: is not valid`, 'items');
    return messageOf(parsed.data);
  });

function messageOf({ type = 'message', role, content: said }: Item): EarlierMessage[] {
  if (type === 'message') return role === 'user' || role === 'assistant' ? [{ role, text: textOf(said) }] : [];
  if (type === 'reasoning') return [];
  throw invalidRequest(`input: items of type ${type} can not be taken`, 'input', 'unsupported_value');
}

function textOf(said: Item['content']): string {
  if (typeof said === 'string') return said;
  return (said ?? []).flatMap((each) => (typeof each.text === 'string' ? [each.text] : [])).join('\n');
}

function imagesOf(said: Item['content']): string[] {
  const parts = Array.isArray(said) ? said : [];
  return parts.flatMap(({ type, image_url: url }) =>
    type === 'input_image' ? [typeof url === 'string' ? url : ''] : [],
  );
}

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
