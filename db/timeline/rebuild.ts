import { type Db, type Pool, type Tx, transaction, withoutCompiling } from '../core/pool.js';
import { project, projectionTables } from '../projections/index.js';
import { lockChat, readEvents } from './log.js';

export type ProjectionRows = Record<string, Record<string, unknown>[]>;

/** Deletes the chat's projections and folds its timeline into them again. The caller holds the chat's lock. */
export async function rebuildInTransaction(tx: Tx, chatId: string): Promise<void> {
  await withoutCompiling(tx);
  for (const table of [...projectionTables.map((each) => each.table), 'projection_snapshots'])
    await tx.query(`delete from ${table} where chat_id = $1`, [chatId]);
  for (let after = 0; ; ) {
    // By pages: otherwise each rebuild would hold a whole log in memory.
    const page = await readEvents(tx, chatId, { after, limit: 1_000 });
    await project(tx, chatId, page);
    const last = page.at(-1);
    if (!last) return;
    after = last.seq;
  }
}

/** Rebuilds the chat's projections from its log, in one transaction. */
export async function rebuildProjections(pool: Pool, chatId: string): Promise<void> {
  await transaction(pool, async (tx) => {
    if (await lockChat(tx, chatId)) await rebuildInTransaction(tx, chatId);
  });
}

/** The chat's projection rows as they stand, in a fixed order, for comparing. */
export async function readProjections(db: Db, chatId: string): Promise<ProjectionRows> {
  const tables: ProjectionRows = {};
  for (const { table, key } of projectionTables) {
    const { rows } = await db.query(`select * from ${table} where chat_id = $1 order by ${key}`, [chatId]);
    tables[table] = rows;
  }
  return tables;
}
