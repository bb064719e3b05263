import { newId } from '../core/ids.js';
import type { Db, Tx } from '../core/pool.js';
import { appendEvents, lockChat } from '../timeline/log.js';

/**
 * A strategy is linked to at most one chat of its owner. A chat gets a strategy in two ways:
 *
 * - It links the strategy, which is taken from the chat that had it (`lockForLink`, then `takeStrategy`), or it is imported
 *   with it (`takeLinked`).
 * - Its projections are rebuilt from its log, which links the strategy, after a rewind, an undo, a change of versions
 *   or a fork. Then the chat that has the strategy now keeps it (`keepOneHolder`).
 *
 * An advisory lock for each strategy serializes both. A link waits for it before it locks any chat. An import has locked no
 * chat that others see; it holds limits of the owner, which nothing waits for behind the lock of a chat. A rebuild has
 * locked its chat already, so it only tries to take the lock. So they can't deadlock.
 */
const strategyKey = "hashtextextended('strategy:' || $1::text || ':' || $2::bigint, 0)";

/** Locks the chat that links a strategy, and the chat that has it. The caller must not have locked a chat before. */
export async function lockForLink(tx: Tx, owner: string, chatId: string, strategyId: number): Promise<void> {
  await tx.query(`select pg_advisory_xact_lock(${strategyKey})`, [owner, strategyId]);
  const holders = await readHolders(tx, owner, chatId, strategyId);
  for (const id of [chatId, ...holders].sort()) await lockChat(tx, id);
}

/** Appends `strategy_unlinked` to the chat that has the strategy. The caller has called `lockForLink`. */
export async function takeStrategy(tx: Tx, owner: string, chatId: string, strategyId: number): Promise<void> {
  // Read again: the holder may have lost it before its chat was locked.
  for (const id of await readHolders(tx, owner, chatId, strategyId)) await appendUnlinked(tx, id, strategyId);
}

/** Of an import, after its projections are folded: takes the strategy that its log links from the chat that has it. */
export async function takeLinked(tx: Tx, chatId: string): Promise<void> {
  const linked = await readLinked(tx, chatId);
  if (linked === null) return;
  await lockForLink(tx, linked.owner, chatId, linked.strategyId);
  await takeStrategy(tx, linked.owner, chatId, linked.strategyId);
}

/**
 * Runs `fold`, which rebuilds a chat's projections. If the chat gets a strategy that another chat has, or is about to
 * link, appends `strategy_unlinked` to it.
 */
export async function keepOneHolder(tx: Tx, chatId: string, fold: () => Promise<void>): Promise<void> {
  const before = await readLinked(tx, chatId);
  await fold();
  const linked = await readLinked(tx, chatId);
  if (linked === null || linked.strategyId === before?.strategyId) return;
  const { rows } = await tx.query<{ locked: boolean }>(`select pg_try_advisory_xact_lock(${strategyKey}) as locked`, [
    linked.owner,
    linked.strategyId,
  ]);
  const others = await readHolders(tx, linked.owner, chatId, linked.strategyId);
  if (!rows[0]?.locked || others.length > 0) await appendUnlinked(tx, chatId, linked.strategyId);
}

type Linked = { owner: string; strategyId: number };

async function readLinked(db: Db, chatId: string): Promise<Linked | null> {
  const { rows } = await db.query<Linked>(
    `select c.owner, p.strategy_id as "strategyId" from chat_projections p join chats c on c.id = p.chat_id
     where p.chat_id = $1 and p.strategy_id is not null`,
    [chatId],
  );
  return rows[0] ?? null;
}

/** The owner's chats that have the strategy, without the chat `otherThan`. */
async function readHolders(db: Db, owner: string, otherThan: string, strategyId: number): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `select c.id from chat_projections p join chats c on c.id = p.chat_id
     where p.strategy_id = $3 and c.owner = $1 and c.id <> $2`,
    [owner, otherThan, strategyId],
  );
  return rows.map(({ id }) => id);
}

/** A chat may lose the same strategy several times, so each event gets a new id as its key. */
const appendUnlinked = (tx: Tx, chatId: string, strategyId: number) =>
  appendEvents(tx, { chatId, turnId: null, step: `unlink:${newId('evt')}` }, [
    { kind: 'strategy_unlinked', data: { strategyId } },
  ]);

/** Of two owners that become one: appends `strategy_unlinked` to the chats of `from` whose strategy a chat of `to` has. */
export async function yieldStrategies(tx: Tx, from: string, to: string): Promise<number> {
  const { rows } = await tx.query<{ id: string; strategyId: number }>(
    `select c.id, p.strategy_id as "strategyId" from chat_projections p join chats c on c.id = p.chat_id
     where c.owner = $1 and p.strategy_id in (
       select o.strategy_id from chat_projections o join chats d on d.id = o.chat_id where d.owner = $2)`,
    [from, to],
  );
  for (const { id, strategyId } of rows) await appendUnlinked(tx, id, strategyId);
  return rows.length;
}
