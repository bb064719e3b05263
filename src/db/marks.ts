import { activeVersions, foldMarks, type LogLine, type Marks, markKinds, type Versions } from '../domain/marks.js';
import type { Db, Tx } from './pool.js';
import { rebuildInTransaction } from './rebuild.js';
import { keepOneHolder } from './strategyHolder.js';

/**
 * Brings the marks of the chat's events to what its log says, and folds the projections anew if any changed.
 * Called after each mark, in the transaction that appends it. The caller holds the chat's lock.
 */
export async function applyMarks(tx: Tx, chatId: string): Promise<void> {
  const { rows } = await tx.query<LogLine & Marks>(
    `select ${lineColumns}, hidden_by as "hiddenBy", superseded_by as "supersededBy"
     from events where chat_id = $1 order by seq`,
    [chatId, markKinds],
  );
  const marks = foldMarks(rows, await readVersionsOfTurns(tx, chatId));
  const changed = rows.flatMap(({ seq, hiddenBy, supersededBy }) => {
    const now = marks.get(seq)!;
    return now.hiddenBy === hiddenBy && now.supersededBy === supersededBy ? [] : [{ seq, ...now }];
  });
  if (changed.length === 0) return;
  await tx.query(
    `update events e set hidden_by = c.hidden_by, superseded_by = c.superseded_by
     from unnest($2::integer[], $3::integer[], $4::integer[]) as c(seq, hidden_by, superseded_by)
     where e.chat_id = $1 and e.seq = c.seq`,
    [chatId, changed.map((row) => row.seq), changed.map((row) => row.hiddenBy), changed.map((row) => row.supersededBy)],
  );
  await keepOneHolder(tx, chatId, () => rebuildInTransaction(tx, chatId));
}

/** No prose is read: of a mark its data, of every other event only what it is. */
const lineColumns = `seq, kind, turn_id as "turnId", case when kind = any($2::text[]) then data end as data`;

/** Of a reply's versions, the id of the one in the timeline; for a root that no mark has named, its own. */
export async function readActiveVersions(db: Db, chatId: string): Promise<(rootId: string) => string> {
  const { rows } = await db.query<LogLine>(
    `select ${lineColumns} from events
     where chat_id = $1 and kind = any($2::text[]) and hidden_by is null order by seq`,
    [chatId, markKinds],
  );
  const active = activeVersions(rows, await readVersionsOfTurns(db, chatId));
  return (rootId) => active.get(rootId) ?? rootId;
}

export async function readVersionsOfTurns(db: Db, chatId: string): Promise<Versions> {
  const { rows } = await db.query<{ id: string; rootId: string; proseId: string }>(
    'select id, root_id as "rootId", prose_id as "proseId" from turns where chat_id = $1',
    [chatId],
  );
  return new Map(rows.map(({ id, ...version }) => [id, version]));
}
