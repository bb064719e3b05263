import type { ChatEvent } from '../../../domain/log/events.js';
import { type Db, type Pool, planForValues, type Tx, transaction, withoutCompiling } from '../../core/pool.js';
import { yieldToEventLoop } from '../../core/yieldToEventLoop.js';
import { countEvents, foldedKinds, project, projectionTables } from '../../projections/index.js';
import { resetSettings } from '../../projections/settings.js';
import { type EventRow, eventBytes, lockChat, toChatEvent } from '../log.js';
import { inTimeline, listOf } from '../subjects.js';

export type ProjectionRows = Record<string, Record<string, unknown>[]>;

/** Deletes the chat's projections and folds its timeline into them again. The caller holds the chat's lock. */
export async function rebuildInTransaction(tx: Tx, chatId: string): Promise<void> {
  await withoutCompiling(tx);
  await planForValues(tx);
  for (const table of [...projectionTables.map((each) => each.table), 'projection_snapshots'])
    await tx.query(`delete from ${table} where chat_id = $1`, [chatId]);
  await resetSettings(tx, chatId);
  await countEvents(tx, chatId);
  // By pages: otherwise each rebuild would hold a whole log in memory. The next one is read while one is folded.
  let next = await readProjected(tx, chatId, 0);
  while (next.last !== null) {
    const { page, last } = next;
    [, next] = await Promise.all([project(tx, chatId, page), readProjected(tx, chatId, last)]);
    await yieldToEventLoop();
  }
}

/** How many events are folded at a time, and after how many bytes of their data a page ends. */
const page = { events: 2_000, bytes: 1024 * 1024 };
type Read = { page: ChatEvent[]; last: number | null };

/**
 * The next events of the timeline that are folded into projections; `last` is null when no more follow. Messages, most of
 * a log, are not among them.
 */
async function readProjected(tx: Tx, chatId: string, after: number): Promise<Read> {
  const { rows } = await tx.query<EventRow>(
    `select seq, kind, turn_id, at, data, superseded_by, hidden_by from (
       select e.seq, e.kind, e.turn_id, e.at, e.superseded_by, e.hidden_by, e.data,
         sum(${eventBytes}) over (order by e.seq rows unbounded preceding) as total,
         row_number() over (order by e.seq) as place
       from events e
       where e.chat_id = $1 and e.seq > $2 and e.kind in (${listOf(foldedKinds)}) and ${inTimeline('e')}
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
