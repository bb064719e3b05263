import type { Event, Page } from '../../../client/src/index.js';
import { service } from '../service.js';

/** How many events of a long chat are read at once: some dozens of turns. */
const windowSize = 600;
/** A rewind hides events. Where fewer than this are left in a window, the one before it is read too. */
const minEvents = 100;

/** The timeline's events from a seq on, up to the newest one; `from` is the first seq that was requested. */
export type Log = { from: number; events: Event[] };

/** The end of a chat whose newest seq is `seq`. */
export const loadEnd = (chatId: string, seq: number): Promise<Log> =>
  loadFrom(chatId, Math.max(1, seq - windowSize + 1));

/** All events from a seq on, and earlier ones where these are fewer than `minEvents`. */
export async function loadFrom(chatId: string, from: number): Promise<Log> {
  const events = await read(chatId, from);
  if (from === 1 || events.length >= minEvents) return { from, events };
  const before = await loadBefore(chatId, from);
  return { from: before.from, events: [...before.events, ...events] };
}

/** The events right before a seq: one window, doubled until it has `minEvents`. */
export async function loadBefore(chatId: string, before: number): Promise<Log> {
  for (let size = windowSize; ; size *= 2) {
    const from = Math.max(1, before - size);
    const events = await read(chatId, from, before - 1);
    if (from === 1 || events.length >= minEvents) return { from, events };
  }
}

/** The timeline's events between two seqs, both included. */
async function read(chatId: string, from: number, to = Number.POSITIVE_INFINITY): Promise<Event[]> {
  const events: Event[] = [];
  for (let after: string | null = String(from - 1); after !== null && Number(after) < to; ) {
    const limit = Math.min(1_000, to - Number(after));
    const page: Page<Event> = await service.getEvents(chatId, { after, limit });
    events.push(...page.items.filter(({ seq }) => seq <= to));
    after = page.next;
  }
  return events;
}
