import type { Tx } from '../core/pool.js';
import { ChatRefused } from '../core/refused.js';
import type { ChatLock } from '../timeline/log.js';

/** What a chat may hold: turns that wait for the floor, events of its log, and bytes of their data. */
export const chatLimits = { queued: 100, events: 100_000, logBytes: 128 * 1024 * 1024 } as const;

/**
 * Throws `ChatRefused` (`chat_full`) when a client may add no more to the chat. What runs may still end: only what
 * clients ask for is refused.
 */
export function mustHaveRoom({ seq, logBytes }: Pick<ChatLock, 'seq' | 'logBytes'>): void {
  if (seq >= chatLimits.events || (logBytes ?? 0) >= chatLimits.logBytes) throw new ChatRefused('chat_full');
}

/** Throws `ChatRefused` (`queue_full`) when no other turn may wait for the floor. The caller holds the chat's lock. */
export async function mustHaveQueueRoom(tx: Tx, chatId: string): Promise<void> {
  const { rows } = await tx.query<{ queued: number }>(
    "select count(*) as queued from turns where chat_id = $1 and status = 'queued'",
    [chatId],
  );
  if (rows[0]!.queued >= chatLimits.queued) throw new ChatRefused('queue_full');
}
