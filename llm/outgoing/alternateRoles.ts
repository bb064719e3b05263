import type { ChatMessage, Reasoning } from '../../domain/agents/chatMessage.js';

/** Texts for places where a strict server requires a message and the chat has none. */
const OPENING = '(The conversation begins.)';
const NO_ANSWER = '(There was no answer.)';
const CONTINUE = '(Continue.)';

/**
 * Arranges messages for servers whose templates require alternating roles. At most the first message is a system's; then
 * come a user's, an assistant's and so on, and the last one is a user's or the result of a tool. Neighbours of one role are
 * joined by a blank line. Later system messages become part of user messages. No text is lost. Messages without text and
 * calls are left out. Calls must have their results after them, as `sendableCalls` arranges them. `systemRole: false`: the
 * server has no such role, and the text becomes the beginning of the first user message.
 */
export function alternateRoles(messages: ChatMessage[], { systemRole = true } = {}): ChatMessage[] {
  const filled = messages.filter((message) => 'toolCalls' in message || message.role === 'tool' || hasText(message));
  const first = filled.findIndex(({ role }) => role !== 'system');
  const instructions = (first < 0 ? filled : filled.slice(0, first)).map(({ content }) => content).join(BLANK_LINE);
  const talk: ChatMessage[] = [];
  if (!systemRole && instructions !== '') talk.push({ role: 'user', content: instructions });
  for (const message of first < 0 ? [] : filled.slice(first)) append(talk, asUser(message));
  if (talk[0]?.role !== 'user') talk.unshift({ role: 'user', content: OPENING });
  if (talk.at(-1)?.role === 'assistant') talk.push({ role: 'user', content: CONTINUE });
  return systemRole && instructions !== '' ? [{ role: 'system', content: instructions }, ...talk] : talk;
}

const BLANK_LINE = '\n\n';

const hasText = (message: ChatMessage) =>
  message.content.trim() !== '' || Boolean('attached' in message && message.attached?.length);

const asUser = (message: ChatMessage): ChatMessage =>
  message.role === 'system' ? { role: 'user', content: message.content } : message;

/** Adds a message, joined with the last one where both have one role. */
function append(talk: ChatMessage[], message: ChatMessage): void {
  const last = talk.at(-1);
  // Templates count user and assistant messages, without those that call tools.
  if (last?.role === 'tool' && message.role === 'user') talk.push({ role: 'assistant', content: NO_ANSWER }, message);
  else if (last && last.role === message.role && last.role !== 'tool') talk[talk.length - 1] = join(last, message);
  else talk.push(message);
}

function join(one: ChatMessage, other: ChatMessage): ChatMessage {
  const content = [one.content, other.content].filter((text) => text.trim() !== '').join(BLANK_LINE);
  const reasoning = joinReasoning([one, other].flatMap((each) => ('reasoning' in each && each.reasoning) || []));
  const toolCalls = [one, other].flatMap((each) => ('toolCalls' in each ? each.toolCalls : []));
  if (toolCalls.length > 0) return { role: 'assistant', content, toolCalls, ...(reasoning ? { reasoning } : {}) };
  const attached = [one, other].flatMap((each) => ('attached' in each && each.attached) || []);
  const role = one.role === 'assistant' ? 'assistant' : 'user';
  return { role, content, ...(attached.length > 0 ? { attached } : {}) };
}

const joinReasoning = (all: Reasoning[]): Reasoning | undefined =>
  all.length === 0
    ? undefined
    : {
        text: all.map(({ text }) => text).join(''),
        blocks: all.flatMap(({ blocks }) => blocks),
      };
