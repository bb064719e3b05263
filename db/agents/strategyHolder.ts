import { newId } from '../core/ids.js';
import type { Db, Tx } from '../core/pool.js';
import { appendEvents, lockChat } from '../timeline/log.js';

/**
 * An owner's strategy is linked to one chat at most. Two ways lead a chat to one:
 *
 * - it links it, and takes it from the chat that had it (`lockForLink`, then `takeStrategy`);
 * - its projections are rebuilt from its log, after a rewind, an undo, a change of versions, or as a fork, and the log
 *   links one. Then the strategy stays with the chat that has it now (`keepOneHolder`).
 *
 * One advisory lock for each strategy orders both. Linking waits for it before it locks any chat. Rebuilding has locked
 * its chat already and only tries to take it. So neither can wait for the other.
 */
const strategyKey = "hashtextextended('strategy:' || $1::text || ':' || $2::bigint, 0)";

/** Locks the chat that is about to link a strategy, and the one that has it. No chat may be locked before. */
export async function lockForLink(tx: Tx, owner: string, chatId: string, strategyId: number): Promise<void> {
  await tx.query(`select pg_advisory_xact_lock(${strategyKey})`, [owner, strategyId]);
  const holders = await readHolders(tx, owner, chatId, strategyId);
  for (const id of [chatId, ...holders].sort()) await lockChat(tx, id);
}

/** Takes the strategy from the chat that has it, in that chat's log. The caller holds what `lockForLink` locks. */
export async function takeStrategy(tx: Tx, owner: string, chatId: string, strategyId: number): Promise<void> {
  // Read again: the holder may have lost it before its chat was locked.
  for (const id of await readHolders(tx, owner, chatId, strategyId)) await appendUnlinked(tx, id, strategyId);
}

/** Rebuilds a chat's projections. If that links a strategy which another chat holds, or is about to take, it is unlinked again. */
export async function keepOneHolder(tx: Tx, chatId: string, fold: () => Promise<void>): Promise<void> {
  const before = await readHeld(tx, chatId);
  await fold();
  const held = await readHeld(tx, chatId);
  if (held === null || held.strategyId === before?.strategyId) return;
  const { rows } = await tx.query<{ locked: boolean }>(`select pg_try_advisory_xact_lock(${strategyKey}) as locked`, [
    held.owner,
    held.strategyId,
  ]);
  const others = await readHolders(tx, held.owner, chatId, held.strategyId);
  if (!rows[0]?.locked || others.length > 0) await appendUnlinked(tx, chatId, held.strategyId);
}

type Held = { owner: string; strategyId: number };

async function readHeld(db: Db, chatId: string): Promise<Held | null> {
  const { rows } = await db.query<Held>(
    `select c.owner, p.strategy_id as "strategyId" from chat_projections p join chats c on c.id = p.chat_id
     where p.chat_id = $1 and p.strategy_id is not null`,
    [chatId],
  );
  return rows[0] ?? null;
}

/** Chats of the owner's, other than one, that hold the strategy. */
async function readHolders(db: Db, owner: string, otherThan: string, strategyId: number): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `select c.id from chat_projections p join chats c on c.id = p.chat_id
     where p.strategy_id = $3 and c.owner = $1 and c.id <> $2`,
    [owner, otherThan, strategyId],
  );
  return rows.map(({ id }) => id);
}

/** A chat can lose the same strategy any number of times: a new id makes the keys distinct. */
const appendUnlinked = (tx: Tx, chatId: string, strategyId: number) =>
  appendEvents(tx, { chatId, turnId: null, step: `unlink:${newId('evt')}` }, [
    { kind: 'strategy_unlinked', data: { strategyId } },
  ]);
