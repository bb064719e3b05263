import type Anthropic from '@anthropic-ai/sdk';
import type { Conversation } from './conversation.js';

type Prompt = Conversation & { tools?: Anthropic.Tool[] };

const cache_control: Anthropic.CacheControlEphemeral = { type: 'ephemeral' };

/**
 * Marks up to where the provider caches the prompt: the tools, the system prompt, and the last two messages of the user.
 * An agent's next iteration, and the next turn, begin with the same. The API takes four marks at most.
 */
export function markStable({ system, messages, tools }: Prompt): Prompt {
  const users = messages.flatMap(({ role }, at) => (role === 'user' ? [at] : [])).slice(-2);
  return {
    system: markLast(system),
    messages: messages.map((message, at) =>
      users.includes(at) ? { ...message, content: markLast(message.content) } : message,
    ),
    ...(tools ? { tools: markLast(tools) } : {}),
  };
}

/** Only texts, results and tools are last in these lists, and each of them takes a mark. */
const markLast = <T extends object>(list: T[]): T[] =>
  list.map((item, at) => (at === list.length - 1 ? { ...item, cache_control } : item));
