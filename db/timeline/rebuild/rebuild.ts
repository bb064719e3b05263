import type { ChatEvent } from '../../../domain/log/events.js';
import { type Db, type Pool, type Tx, transaction, withoutCompiling } from '../../core/pool.js';
import { yieldToEventLoop } from '../../core/yieldToEventLoop.js';
import { project, projectedKinds, projectionTables } from '../../projections/index.js';
import { resetSettings } from '../../projections/settings.js';
import { type EventRow, eventBytes, lockChat, toChatEvent } from '../log.js';
import { inTimeline, listOf } from '../subjects.js';

export type ProjectionRows = Record<string, Record<string, unknown>[]>;

/** Deletes the chat's projections and folds its timeline into them again. The caller holds the chat's lock. */
export async function rebuildInTransaction(tx: Tx, chatId: string): Promise<void> {
  await withoutCompiling(tx);
  for (const table of [...projectionTables.map((each) => each.table), 'projection_snapshots'])
    await tx.query(`delete from ${table} where chat_id = $1`, [chatId]);
  await resetSettings(tx, chatId);
  for (let after = 0; ; ) {
    // By pages: otherwise each rebuild would hold a whole log in memory.
    const { page, last } = await readProjected(tx, chatId, after);
    await project(tx, chatId, page);
    if (last === null) return;
    after = last;
    await yieldToEventLoop();
  }
}

/** How many events are folded at a time, and after how many bytes of their data a page ends. */
const page = { events: 2_000, bytes: 1024 * 1024 };
/** Only counted: their texts, most of a log, are not read. */
const counted = ['user_turn', 'user_turn_edit', 'assistant_turn'];

/** The next events of the timeline that change projections; `last` is null when no more follow. */
async function readProjected(
  tx: Tx,
  chatId: string,
  after: number,
): Promise<{ page: ChatEvent[]; last: number | null }> {
  const { rows } = await tx.query<EventRow>(
    `select seq, kind, turn_id, at, data, superseded_by, hidden_by from (
       select e.seq, e.kind, e.turn_id, e.at, e.superseded_by, e.hidden_by,
         case when e.kind in (${listOf(counted)}) then '{}' else e.data end as data,
         sum(case when e.kind in (${listOf(counted)}) then 2 else ${eventBytes} end) over (order by e.seq rows unbounded preceding) as total,
         row_number() over (order by e.seq) as place
       from events e
       where e.chat_id = $1 and e.seq > $2 and e.kind in (${listOf(projectedKinds)}) and ${inTimeline('e')}
       order by e.seq limit ${page.events}
     ) page where total <= ${page.bytes} or place = 1 order by seq`,
    [chatId, after],
  );
  return { page: rows.map(toChatEvent), last: rows.at(-1)?.seq ?? null };
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
