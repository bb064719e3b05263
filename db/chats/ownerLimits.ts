import type { Tx } from '../core/pool.js';
import { ChatRefused } from '../core/refused.js';

/** How many of each thing an owner, or a chat, may have. */
export type Limits = { [what in Limited]: number };
export type Limited = keyof typeof counted;

const counted = {
  chats: 'select from chats where owner = $1',
  characters: 'select from characters where owner = $1',
  documents: 'select from documents where owner = $1',
  providers: 'select from providers where owner = $1',
  storyEvents: "select from story_events where chat_id = $1 and status in ('planned', 'active')",
} as const;

/**
 * Throws `ChatRefused` when the owner, or the chat, has `max` already. Takes an advisory lock until the transaction ends:
 * two that add to the same at once can't pass the limit together.
 */
export async function mustBeWithinLimit(tx: Tx, what: Limited, of: string, max: number | undefined): Promise<void> {
  if (max === undefined) return;
  await tx.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`${what}/${of}`]);
  const { rowCount } = await tx.query(`${counted[what]} offset $2 limit 1`, [of, max - 1]);
  if (rowCount) throw new ChatRefused('limit_reached', what, max);
}
