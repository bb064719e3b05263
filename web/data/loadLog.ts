import { get } from './api.js';
import type { ChatEvent, Page } from './resources.js';

/** How much of a long chat is read at once: some dozens of turns. */
const windowSize = 600;
/** Fewer events than this fill no screen. Rewinds hide what they took out: then more is read, further back. */
const fewest = 100;

/** The timeline's events from a seq on, up to the newest one; `from` is the first seq that was asked for. */
export type Log = { from: number; events: ChatEvent[] };

/** The end of a chat whose newest seq is `seq`. */
export const loadEnd = (chatId: string, seq: number): Promise<Log> =>
  loadFrom(chatId, Math.max(1, seq - windowSize + 1));

/** All from a seq on, and some of what is before it where that has become next to nothing. */
export async function loadFrom(chatId: string, from: number): Promise<Log> {
  const events = await read(chatId, from);
  if (from === 1 || events.length >= fewest) return { from, events };
  const before = await loadBefore(chatId, from);
  return { from: before.from, events: [...before.events, ...events] };
}

/** What comes right before a seq: a window, and as much more as it takes to find something. */
export async function loadBefore(chatId: string, before: number): Promise<Log> {
  for (let size = windowSize; ; size *= 2) {
    const from = Math.max(1, before - size);
    const events = await read(chatId, from, before - 1);
    if (from === 1 || events.length >= fewest) return { from, events };
  }
}

/** The timeline's events between two seqs, by pages. */
async function read(chatId: string, from: number, to = Number.POSITIVE_INFINITY): Promise<ChatEvent[]> {
  const events: ChatEvent[] = [];
  for (let after: string | null = String(from - 1); after !== null && Number(after) < to; ) {
    const limit = Math.min(1_000, to - Number(after));
    const page: Page<ChatEvent> = await get(`/v1/chats/${chatId}/events?limit=${limit}&after=${after}`);
    events.push(...page.items.filter(({ seq }) => seq <= to));
    after = page.next;
  }
  return events;
}
