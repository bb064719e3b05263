import type { Client, Page } from '../client.js';
import type { Message } from '../schema.js';
import { type ShownMessage, shownMessage } from './shownMessages.js';

const pageSize = 100;

/** Reads the newest messages of a chat, oldest first. Repeats each request until the service answers. */
export async function readNewest(
  client: Client,
  chatId: string,
  { history, signal }: { history: number; signal: AbortSignal },
): Promise<ShownMessage[]> {
  const path = `/v1/chats/${encodeURIComponent(chatId)}/messages?order=desc&limit=${Math.min(history, pageSize)}`;
  const messages: ShownMessage[] = [];
  let next: string | null = '';
  while (next !== null && messages.length < history) {
    const cursor: string = next === '' ? '' : `&cursor=${encodeURIComponent(next)}`;
    const page: Page<Message> = await client.get(path + cursor, { attempts: Number.POSITIVE_INFINITY, signal });
    messages.push(...page.items.map(shownMessage));
    next = page.next;
  }
  return messages.slice(0, history).reverse();
}

/** The kind of a chat, its newest messages, and the seq from which it can be followed without missing an event. */
export async function readChatState(client: Client, chatId: string, how: { history: number; signal: AbortSignal }) {
  const { kind, seq } = await client.getChat(chatId, { attempts: Number.POSITIVE_INFINITY, signal: how.signal });
  return { kind, seq, messages: await readNewest(client, chatId, how) };
}
