import { get } from './api.js';
import type { ChatEvent, Page } from './resources.js';

/** How much of a long chat is read at once: some dozens of turns. */
const windowSize = 600;

/** The timeline's events from a seq on, up to the newest one; `from` is the first seq that was asked for. */
export type Log = { from: number; events: ChatEvent[] };

/** The end of a chat whose newest seq is `seq`. */
export const loadEnd = (chatId: string, seq: number): Promise<Log> =>
  loadFrom(chatId, Math.max(1, seq - windowSize + 1));

/** All from a seq on, by pages. */
export async function loadFrom(chatId: string, from: number): Promise<Log> {
  const events: ChatEvent[] = [];
  for (let after: string | null = String(from - 1); after !== null; ) {
    const page: Page<ChatEvent> = await get(`/v1/chats/${chatId}/events?limit=1000&after=${after}`);
    events.push(...page.items);
    after = page.next;
  }
  return { from, events };
}

/** What comes right before a seq. */
export async function loadBefore(chatId: string, before: number): Promise<Log> {
  const from = Math.max(1, before - windowSize);
  const page: Page<ChatEvent> = await get(`/v1/chats/${chatId}/events?limit=${windowSize}&after=${from - 1}`);
  return { from, events: page.items.filter(({ seq }) => seq < before) };
}
