import { activeVersions, type LogLine, type Versions } from '../../../domain/timeline/marks.js';
import type { Db } from '../../core/pool.js';

/** Of each reply's versions, the id of the one in the timeline; for a root that no mark has named, its own. */
export async function readActiveVersions(db: Db, chatId: string, turns: Versions): Promise<(rootId: string) => string> {
  const { rows } = await db.query<LogLine>(
    `select seq, kind, turn_id as "turnId", data from events
     where chat_id = $1 and kind in ('turn_superseded', 'version_activated') and hidden_by is null order by seq`,
    [chatId],
  );
  const active = activeVersions(rows, turns);
  return (rootId) => active.get(rootId) ?? rootId;
}

/** All turns of a chat, as versions of replies. */
export async function readVersionsOfTurns(db: Db, chatId: string): Promise<Versions> {
  const { rows } = await db.query<{ id: string; rootId: string; proseId: string; effectsId: string }>(
    `select id, root_id as "rootId", prose_id as "proseId", coalesce(effects_id, id) as "effectsId"
     from turns where chat_id = $1`,
    [chatId],
  );
  return new Map(rows.map(({ id, ...version }) => [id, version]));
}
