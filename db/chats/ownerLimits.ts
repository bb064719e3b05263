import type { Tx } from '../core/pool.js';
import { ChatRefused } from '../core/refused.js';

/** The most rows that an owner may have of each kind; story events are counted per chat. */
export type Limits = { [what in Limited]: number };
export type Limited = keyof typeof counted;

const counted = {
  chats: 'select from chats where owner = $1',
  characters: 'select from characters where owner = $1',
  documents: 'select from documents where owner = $1',
  providers: 'select from providers where owner = $1',
  attachments: 'select from attachments where owner = $1',
  webhooks: 'select from webhooks where owner = $1',
  storyEvents: "select from story_events where chat_id = $1 and status in ('planned', 'active')",
} as const;

/**
 * Throws `ChatRefused` when the owner, or the chat, already has `max`. Holds an advisory lock until the transaction
 * ends, so that concurrent inserts can't exceed the limit together. Without `max` there is no limit.
 */
export async function mustBeWithinLimit(tx: Tx, what: Limited, of: string, max: number | undefined): Promise<void> {
  if (max === undefined) return;
  await tx.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`${what}/${of}`]);
  const { rowCount } = await tx.query(`${counted[what]} offset $2 limit 1`, [of, max - 1]);
  if (rowCount) throw new ChatRefused('limit_reached', what, max);
}
