import { yieldStrategies } from '../agents/strategyHolder.js';
import { suspendCreation } from '../chats/ownerLimits.js';
import { boundTo } from '../chats/providers.js';
import { type Db, type Pool, type Tx, transaction } from '../core/pool.js';
import { type SealingKey, seal, unseal } from '../core/sealed.js';
import { secretOf } from '../webhooks/webhooks.js';

/** What is moved. `sealingKey` null: keys of providers can't be encrypted for the other owner. */
export type Move = { from: string; to: string; sealingKey: SealingKey | null };

/** `running`: turns of the owner have not ended, so that nothing was moved. `examples` are some of their ids. */
export type Moved =
  | { outcome: 'running'; count: number; examples: string[] }
  | {
      outcome: 'moved';
      /** Rows by their table. */
      rows: Record<OwnedTable, number>;
      /** Rows that the other owner has already, so that these were dropped: the user's own character, names of chats. */
      dropped: { you: number; dialect_chats: number };
      /** Providers whose key could not be decrypted: they need a new one. */
      withoutKey: string[];
      /** Webhooks whose secret could not be decrypted: they send nothing, and have to be created again. */
      withoutSecret: string[];
      /** Chats that lost their strategy, because a chat of the other owner has it. */
      unlinked: number;
    };

type MoveRows = (tx: Tx, move: Move) => Promise<number>;

const moveAll =
  (table: string): MoveRows =>
  async (tx, { from, to }) => {
    const { rowCount } = await tx.query(`update ${table} set owner = $2 where owner = $1`, [from, to]);
    return rowCount ?? 0;
  };

/** Every table with a column `owner`. A test compares them with the database. */
export const ownedTables = {
  you: moveUnless('you', 'true'),
  characters: moveAll('characters'),
  documents: moveAll('documents'),
  attachments: moveAll('attachments'),
  providers: moveAll('providers'),
  chats: moveAll('chats'),
  turns: moveAll('turns'),
  impersonations: moveAll('impersonations'),
  dialect_chats: moveUnless('dialect_chats', 'o.mount = t.mount and o.client_id = t.client_id'),
  dialect_requests: moveAll('dialect_requests'),
  dialect_responses: moveAll('dialect_responses'),
  webhooks: moveAll('webhooks'),
  // Deletes what was there when it was asked for, and nothing of the other owner.
  owner_deletions: async () => 0,
  owner_usage: moveUsage,
} as const satisfies Record<string, MoveRows>;

export type OwnedTable = keyof typeof ownedTables;

/** Moves the rows whose like the other owner does not have. */
function moveUnless(table: string, isLike: string): MoveRows {
  return async (tx, { from, to }) => {
    const { rowCount } = await tx.query(
      `update ${table} t set owner = $2
       where t.owner = $1 and not exists (select from ${table} o where o.owner = $2 and ${isLike})`,
      [from, to],
    );
    return rowCount ?? 0;
  };
}

/**
 * Gives all that an owner has to another one, in one transaction: everything or nothing. Run again, it moves what has come
 * since. Refused while a turn of the owner has not ended: its workflow and its activities run for that owner.
 */
export function moveOwner(pool: Pool, move: Move): Promise<Moved> {
  const { from, to } = move;
  return transaction(pool, async (tx) => {
    // What was created from here on would be moved in part: the statements below take minutes for a large owner.
    await suspendCreation(tx, from);
    // A turn is accepted under its chat's lock, so that none begins from here on.
    await tx.query('select id from chats where owner = $1 order by id for no key update', [from]);
    const running = await readUnfinished(tx, from);
    if (running.length > 0) return { outcome: 'running', count: running.length, examples: running.slice(0, 5) };
    const unlinked = await yieldStrategies(tx, from, to);
    const withoutKey = await sealAgain(tx, providerKeys, move);
    const withoutSecret = await sealAgain(tx, webhookSecrets, move);
    await indexWordsAgain(tx, from, to);
    const rows = {} as Record<OwnedTable, number>;
    for (const table of Object.keys(ownedTables) as OwnedTable[]) rows[table] = await ownedTables[table](tx, move);
    const dropped = { you: await drop(tx, 'you', from), dialect_chats: await drop(tx, 'dialect_chats', from) };
    return { outcome: 'moved', rows, dropped, withoutKey, withoutSecret, unlinked };
  });
}

async function readUnfinished(db: Db, owner: string): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `select id from turns where owner = $1 and status in ('queued', 'running', 'awaiting_operator') order by id`,
    [owner],
  );
  return rows.map(({ id }) => id);
}

async function drop(tx: Tx, table: 'you' | 'dialect_chats', owner: string): Promise<number> {
  const { rowCount } = await tx.query(`delete from ${table} where owner = $1`, [owner]);
  return rowCount ?? 0;
}

/** What is sealed for its owner: the table, its column, and what the seal is bound to. */
type Sealed = { table: string; column: string; boundTo(owner: string, id: string): string };
const providerKeys: Sealed = { table: 'providers', column: 'sealed_key', boundTo };
const webhookSecrets: Sealed = { table: 'webhooks', column: 'sealed_secret', boundTo: secretOf };

/** Seals for the new owner. Returns the ids of the rows that can't be opened: they stay as they are. */
async function sealAgain(tx: Tx, what: Sealed, { from, to, sealingKey }: Move): Promise<string[]> {
  const { table, column } = what;
  const { rows } = await tx.query<{ id: string; sealed: Buffer }>(
    `select id, ${column} as sealed from ${table} where owner = $1 order by id for update`,
    [from],
  );
  const lost: string[] = [];
  for (const { id, sealed } of rows) {
    const opened = sealingKey && unseal(sealingKey, sealed, what.boundTo(from, id));
    if (!sealingKey || opened === null) lost.push(id);
    else
      await tx.query(`update ${table} set ${column} = $2 where id = $1`, [
        id,
        seal(sealingKey, opened, what.boundTo(to, id)),
      ]);
  }
  return lost;
}

/** Adds what the owner has to what the other one has. Moving rows counts nothing. */
async function moveUsage(tx: Tx, { from, to }: Move): Promise<number> {
  // What this transaction has changed before is counted for the old owner, and otherwise only when it commits.
  await tx.query('set constraints all immediate');
  await tx.query(
    `insert into owner_usage as u (owner, what, shard, used)
     select $2, what, shard, used from owner_usage where owner = $1
     on conflict (owner, what, shard) do update set used = u.used + excluded.used`,
    [from, to],
  );
  const { rowCount } = await tx.query('delete from owner_usage where owner = $1', [from]);
  return rowCount ?? 0;
}

/** The words of the search index have a prefix of their owner. */
async function indexWordsAgain(tx: Tx, from: string, to: string): Promise<void> {
  await tx.query(
    `update event_texts t set words = owner_words($2, event_text(e.kind, e.turn_id, e.data))
     from events e join chats c on c.id = e.chat_id
     where c.owner = $1 and t.chat_id = e.chat_id and t.seq = e.seq`,
    [from, to],
  );
}

/** How many chats an owner has. */
export async function countChats(db: Db, owner: string): Promise<number> {
  const { rows } = await db.query<{ count: number }>('select count(*)::integer as count from chats where owner = $1', [
    owner,
  ]);
  return rows[0]?.count ?? 0;
}
