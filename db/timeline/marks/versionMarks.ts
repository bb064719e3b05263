import {
  foldVersions,
  type LogLine,
  markKinds,
  partKey,
  partsOfVersion,
  proseKindList,
  replyKindList,
  type Versions,
} from '../../../domain/timeline/marks.js';
import type { Db, Tx } from '../../core/pool.js';
import type { Moved } from '../../projections/handler.js';
import { listOf } from '../subjects.js';
import { type PartMark, setSuperseded } from './storeMarks.js';

/** The steps that choose a version; its turn is the one that their events name. */
const isChoice = (event: string) => `${event}.kind in ('turn_superseded', 'version_activated')`;
const choosingSteps = "('supersede', 'activate')";

/** Of a reply's versions, the id of the one in the timeline. `before`: as of the event with this seq. */
export async function readActiveVersion(db: Db, chatId: string, rootId: string, before: number | null = null) {
  const { rows } = await db.query<{ id: string }>(
    `select e.turn_id as id from turns t cross join lateral (
       select e.turn_id, e.seq from events e
       where e.chat_id = $1 and e.turn_id = t.id and e.step in ${choosingSteps} and ${isChoice('e')}
         and e.hidden_by is null and ($3::integer is null or e.seq < $3)
       order by e.seq desc limit 1
     ) e
     where t.root_id = $2 order by e.seq desc limit 1`,
    [chatId, rootId, before],
  );
  return rows[0]?.id ?? rootId;
}

type VersionRow = { id: string; rootId: string; proseId: string; effectsId: string };
const versionColumns = 'id, root_id as "rootId", prose_id as "proseId", coalesce(effects_id, id) as "effectsId"';

async function readVersion(db: Db, turnId: string): Promise<VersionRow | null> {
  const { rows } = await db.query<VersionRow>(`select ${versionColumns} from turns where id = $1`, [turnId]);
  return rows[0] ?? null;
}

/** The event `seq` puts a version into the timeline, in the place of the one that was there. */
export async function chooseVersion(
  tx: Tx,
  chatId: string,
  { seq, chosenId }: { seq: number; chosenId: string },
): Promise<Moved[]> {
  const chosen = await readVersion(tx, chosenId);
  if (!chosen) return [];
  const replaced = await readVersion(tx, await readActiveVersion(tx, chatId, chosen.rootId, seq));
  const parts = new Map<string, PartMark>();
  const ofReplaced = replaced ? partsOfVersion(replaced.id, replaced) : [];
  for (const part of ofReplaced) parts.set(partKey(part), { ...part, left: seq });
  for (const part of partsOfVersion(chosen.id, chosen)) parts.set(partKey(part), { ...part, left: null });
  return storeParts(tx, chatId, [...parts.values()]);
}

/** A regeneration has ended. If its reply never landed, no message shows its prose. */
export async function leaveUnchosen(
  tx: Tx,
  chatId: string,
  { seq, turnId }: { seq: number; turnId: string | null },
): Promise<Moved[]> {
  const version = turnId === null ? null : await readVersion(tx, turnId);
  if (!version || version.id === version.rootId) return [];
  const { rows } = await tx.query(
    `select from events e where e.chat_id = $1 and e.turn_id = $2 and e.step in ${choosingSteps}
       and ${isChoice('e')} and e.hidden_by is null and e.seq < $3 limit 1`,
    [chatId, version.id, seq],
  );
  if (rows.length > 0) return [];
  return storeParts(tx, chatId, [{ part: 'prose', turnId: version.id, left: seq }]);
}

/** The replies whose versions an event of a turn may have changed. */
export async function readRootsOf(db: Db, chatId: string, turnIds: string[]): Promise<string[]> {
  if (turnIds.length === 0) return [];
  const { rows } = await db.query<{ id: string }>(
    'select distinct root_id as id from turns where chat_id = $1 and id = any($2::text[])',
    [chatId, turnIds],
  );
  return rows.map(({ id }) => id);
}

/** The replies of which a version was chosen, or ended without landing, in a part of the log. */
export async function readRootsAfter(
  db: Db,
  chatId: string,
  { after, before }: { after: number; before: number },
): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `select distinct t.root_id as id from events e join turns t on t.id = e.turn_id
     where e.chat_id = $1 and e.seq > $2 and e.seq < $3
       and (e.kind = 'turn_completed' and t.id <> t.root_id or ${isChoice('e')})`,
    [chatId, after, before],
  );
  return rows.map(({ id }) => id);
}

/** How many replies are folded at a time. */
const ROOTS = 500;

/** Computes the marks of all versions of some replies from the events that chose them. */
export async function refoldVersions(tx: Tx, chatId: string, rootIds: string[]): Promise<Moved[]> {
  const moved: Moved[] = [];
  for (let at = 0; at < rootIds.length; at += ROOTS) {
    moved.push(...(await refoldRoots(tx, chatId, rootIds.slice(at, at + ROOTS))));
  }
  return moved;
}

async function refoldRoots(tx: Tx, chatId: string, rootIds: string[]): Promise<Moved[]> {
  const { rows: turns } = await tx.query<VersionRow>(
    `select ${versionColumns} from turns where chat_id = $1 and root_id = any($2::text[])`,
    [chatId, rootIds],
  );
  const versions: Versions = new Map(turns.map(({ id, ...version }) => [id, version]));
  const { rows: lines } = await tx.query<LogLine>(
    `select e.seq, e.kind, e.turn_id as "turnId", case when ${isChoice('e')} then e.data end as data
     from unnest($2::text[]) as t(id) cross join lateral (
       select * from events e where e.chat_id = $1 and e.turn_id = t.id and e.hidden_by is null
         and (${isChoice('e')} or e.kind = 'turn_completed') offset 0
     ) e order by e.seq`,
    [chatId, turns.map(({ id }) => id)],
  );
  const { left } = foldVersions(lines, versions);
  const all = turns.flatMap(({ id }) => partsOfVersion(id, { proseId: id, effectsId: id }));
  return storeParts(
    tx,
    chatId,
    all.map((part) => ({ ...part, left: left.get(partKey(part)) ?? null })),
  );
}

/** Stores what took parts of versions out of the timeline, on their events. Marks themselves belong to no version. */
const storeParts = (tx: Tx, chatId: string, parts: PartMark[]): Promise<Moved[]> =>
  setSuperseded(
    tx,
    chatId,
    parts,
    (event) => `case when ${event}.kind in (${listOf(markKinds)}) then null
      when ${event}.kind in (${listOf(proseKindList)}) then 'prose'
      when ${event}.kind in (${listOf(replyKindList)}) then 'reply' else 'effects' end`,
  );
