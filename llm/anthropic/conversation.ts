import type Anthropic from '@anthropic-ai/sdk';
import type { ChatMessage } from '../../domain/agents/chatMessage.js';
import type { AttachedPart } from '../../domain/attachments/promptAttachments.js';
import { sendableCalls } from '../outgoing/sendableCalls.js';
import { createUseBlocks } from './useBlocks.js';

type Block = Anthropic.ContentBlockParam;
type Message = { role: 'user' | 'assistant'; content: Block[] };
export type Conversation = { system: Anthropic.TextBlockParam[]; messages: Message[] };

type WithCalls = Extract<ChatMessage, { toolCalls: unknown }>;
type Result = Extract<ChatMessage, { role: 'tool' }>;

/** What stands for the user where the API demands a message of the user and there is none. */
const BEGIN = '(The conversation begins.)';
const CONTINUE = '(Continue.)';

/**
 * The messages as the API accepts them. System messages at the beginning become its system prompt; later ones are said
 * by the user, in their place. Roles alternate, the first and the last message are the user's, each call is followed by
 * its result, and no text is blank. `offered` are the names of the tools in the request.
 */
export function toConversation(given: readonly ChatMessage[], offered: readonly string[] = []): Conversation {
  const messages = sendableCalls([...given], offered);
  const first = messages.findIndex(({ role }) => role !== 'system');
  const rest = first < 0 ? messages.length : first;
  const system = messages
    .slice(0, rest)
    .map(({ content }) => content)
    .filter(isSaid)
    .join('\n\n');
  return { system: textBlocks(system), messages: toMessages(messages.slice(rest)) };
}

function toMessages(messages: ChatMessage[]): Message[] {
  const joined: Message[] = [];
  const toUse = createUseBlocks();
  const say = (role: Message['role'], content: Block[]) => join(joined, { role, content });
  for (let at = 0; at < messages.length; at++) {
    const message = messages[at] as ChatMessage;
    if (!('toolCalls' in message)) {
      const attached = 'attached' in message ? (message.attached ?? []) : [];
      say(message.role === 'assistant' ? 'assistant' : 'user', [
        ...attached.map(toBlock),
        ...textBlocks(message.content),
      ]);
      continue;
    }
    const results = resultsAfter(messages, at);
    at += results.length;
    const uses = message.toolCalls.map(toUse);
    say('assistant', [...reasoningOf(message), ...textBlocks(message.content), ...uses]);
    say('user', toResults(uses, results));
  }
  if (joined[0]?.role !== 'user') joined.unshift({ role: 'user', content: textBlocks(BEGIN) });
  if (joined.at(-1)?.role === 'assistant') say('user', textBlocks(CONTINUE));
  return joined;
}

/** The tool messages that follow a message with calls. */
function resultsAfter(messages: ChatMessage[], at: number): Result[] {
  const rest = messages.slice(at + 1);
  const end = rest.findIndex(({ role }) => role !== 'tool');
  return (end < 0 ? rest : rest.slice(0, end)).filter((message): message is Result => message.role === 'tool');
}

/** The results are in the order of the calls, one for each. */
const toResults = (uses: Anthropic.ToolUseBlockParam[], results: Result[]): Block[] =>
  uses.map(({ id }, n): Anthropic.ToolResultBlockParam => {
    const content = results[n]?.content;
    return { type: 'tool_result', tool_use_id: id, ...(isSaid(content) ? { content } : {}) };
  });

/** The blocks of reasoning that came by this API, unchanged: the API checks their signatures. */
const reasoningOf = ({ reasoning }: WithCalls): Block[] =>
  (reasoning?.blocks ?? []).flatMap(({ api, block }) => (api === 'anthropic' ? [block as unknown as Block] : []));

const isSaid = (text: string | undefined): boolean => text !== undefined && text.trim() !== '';

/** An attachment. Images and files stand before the text about them, as the API recommends. */
const toBlock = (part: AttachedPart): Block =>
  part.type === 'text'
    ? part
    : {
        type: 'image',
        source: { type: 'base64', media_type: part.mediaType as ImageType, data: part.data ?? '' },
      };
type ImageType = Anthropic.Base64ImageSource['media_type'];

const textBlocks = (text: string): Anthropic.TextBlockParam[] => (isSaid(text) ? [{ type: 'text', text }] : []);

/** Adds a message, as part of the last one where the role is the same. */
function join(to: Message[], { role, content }: Message): void {
  if (content.length === 0) return;
  const last = to.at(-1);
  if (last?.role !== role) return void to.push({ role, content: [...content] });
  // Reasoning stands at the beginning of a message.
  if (role === 'assistant' && content.some(isReasoning)) {
    to.push({ role: 'user', content: textBlocks(CONTINUE) }, { role, content: [...content] });
    return;
  }
  for (const block of content) {
    const before = last.content.at(-1);
    if (before?.type === 'text' && block.type === 'text') {
      last.content[last.content.length - 1] = { ...before, text: `${before.text}\n\n${block.text}` };
    } else last.content.push(block);
  }
}

const isReasoning = ({ type }: Block) => type === 'thinking' || type === 'redacted_thinking';
