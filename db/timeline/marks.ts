import {
  activeVersions,
  foldMarks,
  type LogLine,
  type Marks,
  markKinds,
  type Versions,
} from '../../domain/timeline/marks.js';
import { keepOneHolder } from '../agents/strategyHolder.js';
import type { Db, Tx } from '../core/pool.js';
import { CHUNK_SIZE, chunksOf, yieldToEventLoop } from '../core/yieldToEventLoop.js';
import { rebuildInTransaction } from './rebuild.js';

/**
 * Updates the marks of the chat's events to what its log says, and rebuilds the projections if any changed. Called after
 * each mark, in the transaction that appends it. The caller holds the chat's lock.
 */
export async function applyMarks(tx: Tx, chatId: string): Promise<void> {
  const log = await readLines(tx, chatId);
  const versions = await readVersionsOfTurns(tx, chatId);
  await yieldToEventLoop();
  const marks = foldMarks(log, versions);
  let isChanged = false;
  for await (const lines of chunksOf(log)) {
    const changed = lines.flatMap(({ seq, hiddenBy, supersededBy }) => {
      const now = marks.get(seq)!;
      return now.hiddenBy === hiddenBy && now.supersededBy === supersededBy ? [] : [{ seq, ...now }];
    });
    isChanged ||= changed.length > 0;
    if (changed.length > 0) await writeMarks(tx, chatId, changed);
  }
  if (isChanged) await keepOneHolder(tx, chatId, () => rebuildInTransaction(tx, chatId));
}

/** By pages: parsing a long log at once would block the event loop. */
async function readLines(tx: Tx, chatId: string): Promise<(LogLine & Marks)[]> {
  const log: (LogLine & Marks)[] = [];
  for (;;) {
    const { rows } = await tx.query<LogLine & Marks>(
      `select ${lineColumns}, hidden_by as "hiddenBy", superseded_by as "supersededBy"
       from events where chat_id = $1 and seq > $3 order by seq limit $4`,
      [chatId, markKinds, log.at(-1)?.seq ?? 0, CHUNK_SIZE],
    );
    for (const row of rows) log.push(row);
    if (rows.length < CHUNK_SIZE) return log;
    await yieldToEventLoop();
  }
}

async function writeMarks(tx: Tx, chatId: string, changed: (Marks & { seq: number })[]): Promise<void> {
  await tx.query(
    `update events e set hidden_by = c.hidden_by, superseded_by = c.superseded_by
     from unnest($2::integer[], $3::integer[], $4::integer[]) as c(seq, hidden_by, superseded_by)
     where e.chat_id = $1 and e.seq = c.seq`,
    [chatId, changed.map((row) => row.seq), changed.map((row) => row.hiddenBy), changed.map((row) => row.supersededBy)],
  );
}

/** Reads no prose: the data of marks, and of every other event only its kind and turn. */
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
