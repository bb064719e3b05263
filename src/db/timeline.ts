import type { ChatEvent, EventKind } from '../domain/events.js';
import { readEvents } from './log.js';
import type { Db } from './pool.js';

const pageSize = 1_000;

/** All of the chat's timeline, oldest first: what is neither hidden nor superseded, and of no kind that is left out. */
export async function readTimeline(db: Db, chatId: string, without: readonly EventKind[] = []): Promise<ChatEvent[]> {
  const events: ChatEvent[] = [];
  for (let after = 0; ; ) {
    const page = await readEvents(db, chatId, { after, limit: pageSize, without });
    events.push(...page);
    const last = page.at(-1);
    if (!last) return events;
    after = last.seq;
  }
}
