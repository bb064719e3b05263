import { keepOneHolder } from '../../agents/strategyHolder.js';
import { type Pool, type Tx, transaction } from '../../core/pool.js';
import { projectionTables } from '../../projections/index.js';
import { lockChat } from '../log.js';
import { rebuildInTransaction } from './rebuild.js';

/** How the rows of a projection differed from what the log gives. `examples` are keys of some of them. */
export type Difference = { table: string; missing: number; extra: number; changed: number; examples: string[] };

export type RebuildResult = { outcome: 'unknown_chat' | 'busy' } | { outcome: 'compared'; differences: Difference[] };

const EXAMPLES = 5;

/** Thrown to roll back a rebuild that is not to be kept. */
class NotKept extends Error {
  override readonly name = 'NotKept';
  constructor(readonly differences: Difference[]) {
    super('the rebuild is rolled back');
  }
}

/**
 * Rebuilds a chat's projections from its log and compares them with those that were there, under the chat's lock. Commits
 * when they differ; with `check` it never does. A strategy that another chat has by now stays with that one. A chat whose
 * floor is held is left alone (`busy`): its turn would wait.
 */
export async function rebuildChat(pool: Pool, chatId: string, { check }: { check: boolean }): Promise<RebuildResult> {
  try {
    return await transaction(pool, async (tx) => {
      const chat = await lockChat(tx, chatId);
      if (!chat) return { outcome: 'unknown_chat' };
      if (chat.activeTurnId !== null) return { outcome: 'busy' };
      await keepRows(tx, chatId, 'rows_before');
      await keepOneHolder(tx, chatId, () => rebuildInTransaction(tx, chatId));
      await keepRows(tx, chatId, 'rows_after');
      const differences = await compare(tx);
      if (check || differences.length === 0) throw new NotKept(differences);
      return { outcome: 'compared', differences };
    });
  } catch (error) {
    if (error instanceof NotKept) return { outcome: 'compared', differences: error.differences };
    throw error;
  }
}

/** Copies the rows of all projections into a temporary table, as JSON by table and key. The settings are a column. */
async function keepRows(tx: Tx, chatId: string, name: string): Promise<void> {
  const rows = projectionTables.map(
    ({ table, key }) =>
      `select '${table}' as name, jsonb_build_array(${key}) as key, to_jsonb(t) as row from ${table} t where chat_id = $1`,
  );
  const settings = `select 'chats.settings', jsonb_build_array(), settings from chats where id = $1`;
  await tx.query(
    `create temporary table ${name} (name text, key jsonb, row jsonb, primary key (name, key)) on commit drop`,
  );
  await tx.query(`insert into ${name} ${[...rows, settings].join(' union all ')}`, [chatId]);
}

async function compare(tx: Tx): Promise<Difference[]> {
  const { rows } = await tx.query<Difference>(
    `select coalesce(b.name, a.name) as table, count(*) filter (where b.key is null) as missing,
       count(*) filter (where a.key is null) as extra,
       count(*) filter (where a.key is not null and b.key is not null) as changed,
       (array_agg(coalesce(b.key, a.key)::text order by coalesce(b.key, a.key)))[1:${EXAMPLES}] as examples
     from rows_before b full join rows_after a on a.name = b.name and a.key = b.key
     where a.row is distinct from b.row group by 1 order by 1`,
  );
  return rows;
}
