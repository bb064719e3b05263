import { z } from 'zod';
import type { EarlierMessage } from '../../../db/chats/newChat.js';
import type { ClientFunctions, ClientOutput } from '../../../domain/agents/clientFunctions.js';
import { readResponseFormat, withFormat } from '../core/answerFormat.js';
import { collectEarlier } from '../core/earlierMessages.js';
import { readOpenAiFunctions } from '../core/functions.js';
import { textOrImages } from '../core/images.js';
import { invalidRequest, invalidShape } from '../core/openaiErrors.js';

const textPart = z.looseObject({ type: z.enum(['text', 'input_text']), text: z.string() });
const otherPart = z.looseObject({ type: z.string() });
const content = z.union([z.string(), z.array(z.union([textPart, otherPart])), z.null()]).optional();

const toolCall = z.looseObject({
  id: z.string().min(1).max(500),
  type: z.literal('function').optional(),
  function: z.looseObject({ name: z.string().max(200), arguments: z.string() }),
});

const message = z.looseObject({
  role: z.enum(['system', 'developer', 'user', 'assistant', 'tool', 'function']),
  content,
  tool_calls: z.array(toolCall).nullish(),
  tool_call_id: z.string().nullish(),
});
type Message = z.output<typeof message>;

const body = z.looseObject({
  model: z.string().min(1).max(300),
  messages: z.array(message).min(1),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  max_tokens: z.number().int().min(1).nullish(),
  max_completion_tokens: z.number().int().min(1).nullish(),
  n: z.number().int().nullish(),
  tools: z.array(z.unknown()).nullish(),
  tool_choice: z.unknown().optional(),
  parallel_tool_calls: z.boolean().nullish(),
  response_format: z.unknown().optional(),
});

/** What of a request for a completion has an effect here. Fields that are not known are taken and ignored. */
export type CompletionRequest = {
  model: string;
  instructions: string | null;
  userTexts: string[];
  /**
   * The request asks something beside the conversation: a summary, the user's next message. Applications put such questions
   * into a last message of the system, after a reply.
   */
  isAside: boolean;
  /** Whether the last message is a text of the user; else it is the output of a function. */
  endsWithText: boolean;
  /** What the client's functions gave after the last reply. */
  outputs: ClientOutput[];
  functions: ClientFunctions | undefined;
  /** `data:` URLs of the last message's images. */
  images: string[];
  /** The messages of the user and the assistant before the last one, with the calls of functions and their outputs. */
  earlier: EarlierMessage[];
  stream: boolean;
  includeUsage: boolean;
  temperature: number | undefined;
  maxTokens: number | undefined;
};

/** Reads the body. Throws `OpenAiRefused`. */
export function readCompletionRequest(given: unknown): CompletionRequest {
  const parsed = body.safeParse(given ?? {});
  if (!parsed.success) throw invalidShape(parsed.error);
  const { model, messages: sent, temperature, n, ...more } = parsed.data;
  if ((n ?? 1) !== 1) throw invalidRequest('n: only one choice can be made', 'n', 'unsupported_value');
  const { messages, isAside } = arrange(sent);
  const last = messages.at(-1);
  if (last?.role !== 'user' && last?.role !== 'tool') {
    throw invalidRequest('messages: the last message must be of the user or of a tool', 'messages', 'invalid_value');
  }
  const endsWithText = last.role === 'user';
  const instructions = messages.flatMap(({ role, content: said }) =>
    role === 'system' || role === 'developer' ? [textOf(said)] : [],
  );
  const userTexts = messages.flatMap(({ role, content: said }) => (role === 'user' ? [userText(said)] : []));
  if (endsWithText && (userTexts.at(-1) ?? '').trim() === '')
    throw invalidRequest('messages: the text is empty', 'messages', 'empty_text');
  return {
    model,
    instructions: instructions.length > 0 ? instructions.join('\n\n') : null,
    userTexts,
    isAside,
    endsWithText,
    functions: withFormat(readOpenAiFunctions(more, 'chat'), readResponseFormat(more.response_format)),
    images: endsWithText ? imagesOf(last.content) : [],
    ...readHistory(endsWithText ? messages.slice(0, -1) : messages),
    stream: more.stream ?? false,
    includeUsage: more.stream_options?.include_usage ?? false,
    temperature: temperature ?? undefined,
    maxTokens: more.max_completion_tokens ?? more.max_tokens ?? undefined,
  };
}

const isOfSystem = ({ role }: Message): boolean => role === 'system' || role === 'developer';

/**
 * Puts the messages of the system that stand at the end before the message that is answered. Where they follow a reply, or
 * are alone, they are that message.
 */
function arrange(messages: readonly Message[]): { messages: Message[]; isAside: boolean } {
  const length = messages.findLastIndex((message) => !isOfSystem(message)) + 1;
  const [before, tail] = [messages.slice(0, length), messages.slice(length)];
  const last = before.at(-1);
  if (tail.length === 0 || last?.role === 'user' || last?.role === 'tool')
    return { messages: [...before.slice(0, -1), ...tail, ...(last ? [last] : [])], isAside: false };
  const question: Message = { role: 'user', content: tail.map(({ content: said }) => textOf(said)).join('\n\n') };
  return { messages: [...before, question], isAside: true };
}

/** The earlier messages, and what the client's functions gave after the last reply. Throws `OpenAiRefused`. */
function readHistory(messages: readonly Message[]): Pick<CompletionRequest, 'earlier' | 'outputs'> {
  const said = collectEarlier();
  for (const [n, message] of messages.entries()) {
    const text = textOf(message.content);
    if (message.role === 'user') said.user(userText(message.content));
    else if (message.role === 'assistant') {
      said.assistant(text);
      for (const { id, function: called } of message.tool_calls ?? [])
        said.call({ id, name: called.name, arguments: called.arguments });
    } else if (message.role === 'tool') {
      const callId = message.tool_call_id ?? '';
      if (said.output({ callId, output: text, success: true })) continue;
      const why = "must be a response to a preceding message with 'tool_calls' that has its tool_call_id";
      throw invalidRequest(`messages.${n}: a message of role tool ${why}`, `messages.${n}.tool_call_id`);
    }
  }
  return said.result();
}

type Content = z.output<typeof content>;

function textOf(said: Content): string {
  if (typeof said === 'string') return said;
  return (said ?? [])
    .flatMap((part) => ('text' in part && typeof part.text === 'string' ? [part.text] : []))
    .join('\n');
}

/** The same for an earlier message as for the one that is answered: histories are compared by it. */
const userText = (said: Content): string => textOrImages(textOf(said), imagesOf(said));

function imagesOf(said: Content): string[] {
  const parts = Array.isArray(said) ? said : [];
  return parts.flatMap((part) => {
    const { image_url: image } = part as { image_url?: unknown };
    if (part.type !== 'image_url') return [];
    const url = typeof image === 'string' ? image : (image as { url?: unknown } | undefined)?.url;
    return [typeof url === 'string' ? url : ''];
  });
}
