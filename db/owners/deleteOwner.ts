import { removeAttachments } from '../attachments/removeAttachments.js';
import { endTurnsOf } from '../chats/deleteChat.js';
import { type Pool, type Tx, transaction } from '../core/pool.js';
import { whyUnavailable } from '../core/unavailable.js';

/** Deletes at most `limit` rows of an owner that were there at the time of the request. Returns how many. */
type Removal = (tx: Tx, of: Request, limit: number) => Promise<number>;

/** `requestedAt`: as Postgres writes it, because a `Date` has no microseconds. */
type Request = { owner: string; requestedAt: string };

/**
 * The tables with rows of an owner, in the order in which they are emptied: what refers to others comes first. `rows` is
 * the most rows of a transaction. `purged`: rows of a chat, which go with it (`db/chats/deleteChat.ts`).
 */
export const ownerTables: { table: string; rows: number; remove?: Removal; purged?: true }[] = [
  { table: 'webhooks', rows: 100 },
  { table: 'chats', rows: 50, remove: removeChats },
  { table: 'attachments', rows: 10, remove: removeAttachmentsOfOwner },
  { table: 'dialect_chats', rows: 500 },
  { table: 'dialect_requests', rows: 500, remove: rowsOf('dialect_requests', 'at') },
  { table: 'dialect_responses', rows: 100 },
  { table: 'documents', rows: 50, remove: rowsOf('documents', 'created_at', unused('document_id')) },
  { table: 'characters', rows: 50, remove: rowsOf('characters', 'created_at', unused('host_id', 'guest_id')) },
  { table: 'providers', rows: 100_000, remove: removeProviders },
  { table: 'you', rows: 1, remove: rowsOf('you', null) },
  { table: 'owner_usage', rows: 1, remove: removeUsage },
  { table: 'impersonations', rows: 0, purged: true },
  { table: 'turns', rows: 0, purged: true },
];

/** No chat refers to the row: one that was created after the request keeps what it needs. */
function unused(...references: string[]): string {
  return references.map((column) => `not exists (select from chats where ${column} = x.id)`).join(' and ');
}

/** `time`: the column that says when a row was created. */
function rowsOf(table: string, time: string | null, condition = 'true'): Removal {
  const before = time === null ? '$3::timestamptz is not null' : `x.${time} <= $3`;
  return async (tx, { owner, requestedAt }, limit) => {
    const { rowCount } = await tx.query(
      `delete from ${table} where ctid = any(array(
         select x.ctid from ${table} x where x.owner = $1 and ${before} and ${condition} limit $2))`,
      [owner, limit, requestedAt],
    );
    return rowCount ?? 0;
  };
}

/** Ends the turns of the chats, so that their workflows and streams stop. A trigger has the rest of the chats purged. */
async function removeChats(tx: Tx, { owner, requestedAt }: Request, limit: number): Promise<number> {
  const { rows } = await tx.query<{ id: string }>(
    `delete from chats where id = any(array(
       select id from chats where owner = $1 and created_at <= $3 order by id limit $2 for update)) returning id`,
    [owner, limit, requestedAt],
  );
  if (rows.length > 0)
    await endTurnsOf(
      tx,
      rows.map(({ id }) => id),
    );
  return rows.length;
}

async function removeAttachmentsOfOwner(tx: Tx, { owner, requestedAt }: Request, limit: number): Promise<number> {
  const { rows } = await tx.query<{ id: string }>(
    'select id from attachments where owner = $1 and created_at <= $3 order by id limit $2',
    [owner, limit, requestedAt],
  );
  await removeAttachments(
    tx,
    rows.map(({ id }) => id),
  );
  return rows.length;
}

/** In one statement, because they refer to each other. */
async function removeProviders(tx: Tx, { owner, requestedAt }: Request): Promise<number> {
  await tx.query(
    `update providers set fallback_id = null where owner = $1 and fallback_id in (
       select id from providers where owner = $1 and created_at <= $2)`,
    [owner, requestedAt],
  );
  await tx.query('delete from providers where owner = $1 and created_at <= $2', [owner, requestedAt]);
  return 0;
}

/** The counts of an owner who has nothing left: they are all zero. */
async function removeUsage(tx: Tx, { owner }: Request): Promise<number> {
  await tx.query(
    `delete from owner_usage where owner = $1 and not exists (
       select from owner_usage where owner = $1 group by what having sum(used) <> 0)`,
    [owner],
  );
  return 0;
}

const SMALLEST_SHARE = 1 / 512;

/** Locks the request, so that one process at a time deletes for it. False when it is done. */
async function lockRequest(tx: Tx, { owner }: Request): Promise<boolean> {
  const { rowCount } = await tx.query('select from owner_deletions where owner = $1 for update', [owner]);
  return rowCount === 1;
}

/** Empties one table of an owner's rows. A batch that exceeds the statement timeout is tried again at half its size. */
async function empty(
  pool: Pool,
  of: Request,
  { rows: most, remove }: { rows: number; remove: Removal },
  signal: AbortSignal,
): Promise<void> {
  for (let share = 1; !signal.aborted; ) {
    const limit = Math.max(1, Math.floor(most * share));
    try {
      const removed = await transaction(pool, async (tx) => ((await lockRequest(tx, of)) ? remove(tx, of, limit) : 0));
      if (removed === 0) return;
    } catch (error) {
      if (whyUnavailable(error) !== 'timeout' || share <= SMALLEST_SHARE) throw error;
      share /= 2;
    }
  }
}

/**
 * Records that everything of an owner is to be deleted that is there now. A repeat moves that time. From the commit on
 * `continueOwnerDeletions` completes it, whatever happens to this process.
 */
export async function requestOwnerDeletion(pool: Pool, owner: string): Promise<void> {
  await pool.query(
    `insert into owner_deletions (owner) values ($1) on conflict (owner) do update set requested_at = now()`,
    [owner],
  );
}

/** Ids of the turns that hold the floor in the owner's chats: the caller stops them. At most 1,000. */
export async function runningTurnsOf(pool: Pool, owner: string): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(
    'select active_turn_id as id from chats where owner = $1 and active_turn_id is not null limit 1000',
    [owner],
  );
  return rows.map(({ id }) => id);
}

/**
 * Deletes what requests ask for, in short transactions, until all is done or the signal is aborted. `owner`: only of this
 * one. Returns how many requests were done. One that fails does not hold back the others: its error is thrown at the end,
 * and the next call continues.
 */
export async function continueOwnerDeletions(pool: Pool, signal: AbortSignal, owner?: string): Promise<number> {
  const { rows } = await pool.query<Request>(
    `select owner, requested_at::text as "requestedAt" from owner_deletions where $1::text is null or owner = $1
     order by requested_at limit 100`,
    [owner ?? null],
  );
  const failures: unknown[] = [];
  let done = 0;
  for (const request of rows) {
    const isDone = await complete(pool, request, signal).catch((error: unknown) => {
      failures.push(error);
      return false;
    });
    if (isDone) done += 1;
  }
  if (failures.length > 0) throw failures[0];
  return done;
}

async function complete(pool: Pool, request: Request, signal: AbortSignal): Promise<boolean> {
  for (const { table, rows: most, remove = rowsOf(table, 'created_at'), purged } of ownerTables)
    if (!purged) await empty(pool, request, { rows: most, remove }, signal);
  if (signal.aborted) return false;
  await pool.query('delete from owner_deletions where owner = $1 and requested_at = $2', [
    request.owner,
    request.requestedAt,
  ]);
  return true;
}
