import type { EventKind } from '../../../domain/log/events.js';
import type { PartOfTurn } from '../../../domain/timeline/marks.js';
import type { Tx } from '../../core/pool.js';
import type { Moved } from '../../projections/handler.js';
import { projectedKinds } from '../../projections/index.js';
import { inTimeline, listOf, subjectOf } from '../subjects.js';

const movedColumns = `e.seq, e.kind, ${subjectOf('e')} as subject`;
const changesProjection = `e.kind in (${listOf(projectedKinds)})`;

/**
 * Sets `hidden_by` of the events of the chat `$1` for which `where` is true, to an expression that is the same for all.
 * Returns the events that enter or leave the timeline, of kinds that change projections.
 */
export async function setHidden(tx: Tx, by: '$3' | 'null', where: string, params: unknown[]): Promise<Moved[]> {
  const isIn = by === 'null';
  const moves = `e.superseded_by is null and e.hidden_by is ${isIn ? 'not null' : 'null'}`;
  const [{ rows }] = await Promise.all([
    tx.query<Omit<Moved, 'isIn'>>(
      `select ${movedColumns} from events e where e.chat_id = $1 and ${where} and ${moves} and ${changesProjection}`,
      params,
    ),
    tx.query(`update events e set hidden_by = ${by} where e.chat_id = $1 and ${where}`, params),
  ]);
  return rows.map((row) => ({ ...row, isIn }));
}

/** A part of a version. `left`: the mark that took it out of the timeline. */
export type PartMark = PartOfTurn & { left: number | null };

type Found = Omit<Moved, 'isIn'> & { left: number | null; was: boolean; isIn: boolean; isProjected: boolean };

/** How many marks are written at a time. */
const WRITTEN = 500;

/** Sets `superseded_by` of the events of parts of versions where it differs. Returns what enters or leaves the timeline. */
export async function setSuperseded(
  tx: Tx,
  chatId: string,
  parts: PartMark[],
  partOf: (event: string) => string,
): Promise<Moved[]> {
  const { rows } = await tx.query<Found>(
    `select ${movedColumns}, e."left", ${inTimeline('e')} as was, e.hidden_by is null and e."left" is null as "isIn",
       ${changesProjection} as "isProjected"
     from unnest($2::text[], $3::text[], $4::integer[]) as p(turn_id, part, "left") cross join lateral (
       select e.*, p."left" from events e
       where e.chat_id = $1 and e.turn_id = p.turn_id and ${partOf('e')} = p.part
         and e.superseded_by is distinct from p."left"
       offset 0
     ) e`,
    [chatId, parts.map(({ turnId }) => turnId), parts.map(({ part }) => part), parts.map(({ left }) => left)],
  );
  for (let at = 0; at < rows.length; at += WRITTEN) await writeSuperseded(tx, chatId, rows.slice(at, at + WRITTEN));
  return rows.flatMap(({ seq, kind, subject, was, isIn, isProjected }) =>
    was !== isIn && isProjected ? [{ seq, kind: kind as EventKind, subject, isIn }] : [],
  );
}

const writeSuperseded = (tx: Tx, chatId: string, rows: Pick<Found, 'seq' | 'left'>[]) =>
  tx.query(
    `update events e set superseded_by = c."left" from unnest($2::integer[], $3::integer[]) as c(seq, "left")
     where e.chat_id = $1 and e.seq = any($2::integer[]) and e.seq = c.seq`,
    [chatId, rows.map(({ seq }) => seq), rows.map(({ left }) => left)],
  );
