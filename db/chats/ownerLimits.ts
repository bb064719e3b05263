import type { Db, Tx } from '../core/pool.js';
import { ChatRefused } from '../core/refused.js';

/** The most rows that an owner may have of each kind; story events are counted per chat. */
export type Limits = { [what in Limited]: number } & StoredLimit;
/** The most bytes of the logs, documents, attachments and characters of an owner. Left out: any number. */
export type StoredLimit = { storedBytes?: number | undefined };
export type Limited = 'chats' | 'characters' | 'documents' | 'providers' | 'attachments' | 'webhooks' | 'storyEvents';

/** What triggers count in `owner_usage`, when a transaction commits. */
type Counted = Exclude<Limited, keyof typeof few> | Stored;
type Stored = 'logBytes' | 'documentBytes' | 'attachmentBytes' | 'characterBytes';

/**
 * Throws `ChatRefused` when the owner, or the chat, already has `max`. Holds an advisory lock until the transaction
 * ends, so that concurrent inserts can't exceed the limit together. Without `max` there is no limit.
 */
export async function mustBeWithinLimit(tx: Tx, what: Limited, of: string, max: number | undefined): Promise<void> {
  if (max === undefined) return;
  // Those that are refused anyway do not wait for the lock.
  await mustBeBelow(tx, what, of, max);
  await lockCreation(tx, what, of);
  await mustBeBelow(tx, what, of, max);
}

const lockCreation = (tx: Tx, what: Limited, of: string) =>
  tx.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`${what}/${of}`]);

/** Until the transaction ends, nothing is created for the owner: requests that do so wait. */
export async function suspendCreation(tx: Tx, owner: string): Promise<void> {
  for (const what of createdInOrder) await lockCreation(tx, what, owner);
}

/** In the order in which an import locks them. */
const createdInOrder = ['chats', 'characters', 'documents', 'attachments', 'providers', 'webhooks'] as const;

/** The same without the lock, before work that takes long: concurrent inserts can exceed the limit together. */
export async function mustBeBelow(tx: Tx, what: Limited, of: string, max: number | undefined): Promise<void> {
  if (max === undefined) return;
  const count = isFew(what) ? await countFew(tx, what, of) : await readUsage(tx, of, [what]);
  if (count >= max) throw new ChatRefused('limit_reached', what, max);
}

/** What an owner or a chat has few of is counted when it is asked for. */
const few = {
  webhooks: 'webhooks where owner = $1',
  storyEvents: "story_events where chat_id = $1 and status in ('planned', 'active')",
} as const;
const isFew = (what: Limited): what is keyof typeof few => Object.hasOwn(few, what);

async function countFew(tx: Tx, what: keyof typeof few, of: string): Promise<number> {
  const { rows } = await tx.query<{ count: number }>(`select count(*) from ${few[what]}`, [of]);
  return rows[0]!.count;
}

/** What the owner has of these together, as of the last commit. Reads at most 64 rows for each. */
export async function readUsage(db: Db, owner: string, whats: Counted[]): Promise<number> {
  const { rows } = await db.query<{ used: number }>(
    'select coalesce(sum(used), 0)::float8 as used from owner_usage where owner = $1 and what = any($2)',
    [owner, whats],
  );
  return rows[0]!.used;
}

/** Bytes of the owner's logs, documents, attachments and characters. */
export const readStoredBytes = (db: Db, owner: string): Promise<number> =>
  readUsage(db, owner, ['logBytes', 'documentBytes', 'attachmentBytes', 'characterBytes']);
