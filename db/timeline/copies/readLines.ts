import type { EventKind } from '../../../domain/log/events.js';
import { type CopiedLine, copiedSeq } from '../../../domain/timeline/copy.js';
import type { Tx } from '../../core/pool.js';
import { CHUNK_SIZE, yieldToEventLoop } from '../../core/yieldToEventLoop.js';
import { belongsUpTo } from '../lines.js';

/** Up to which event a timeline is copied, or up to which line (the seq of a user turn), with what belongs to it. */
export type CopiedUpTo = number | { line: number };

/** The name of the seq in an event's data that differs in the copy; null of kinds that have none. */
export const refName = (event: string): string =>
  `case ${event}.kind ${Object.entries(copiedSeq)
    .map(([kind, name]) => `when '${kind}' then '${name}'`)
    .join(' ')} end`;

/** The versions that a person wrote of replies before a point. Their text belongs to the copy, whenever it was written. */
async function readEditedBefore(tx: Tx, chatId: string, upTo: number): Promise<string[]> {
  const { rows } = await tx.query<{ id: string }>(
    `select t.id from turns t where t.chat_id = $1 and t.effects_id is not null and exists (
       select from events o where o.chat_id = $1 and o.turn_id = t.effects_id and o.kind = 'assistant_turn' and o.seq <= $2)`,
    [chatId, upTo],
  );
  return rows.map(({ id }) => id);
}

/** Of an event of a version that a person wrote, the seq of the beat that it is an edit of. */
const editedBeat = `(select o.seq from turns t join events o on o.chat_id = t.chat_id and o.turn_id = t.effects_id
  where t.id = e.turn_id and o.kind = 'assistant_turn' and o.data->'beat' = e.data->'beat' limit 1)`;

type Line = [seq: number, kind: EventKind, turnId: string | null, place: number | null, ref: number | null];

/**
 * Reads what decides where the copies of a chat's events stand, by pages and without texts. `newest` is the last event
 * that is read: later ones may be appended meanwhile.
 */
export async function* readLines(
  tx: Tx,
  chatId: string,
  { atSeq, newest }: { atSeq: CopiedUpTo; newest: number },
): AsyncGenerator<CopiedLine[]> {
  const [upTo, line] = typeof atSeq === 'number' ? [atSeq, null] : [newest, atSeq.line];
  const edited = await readEditedBefore(tx, chatId, upTo);
  for (let after = 0; ; ) {
    // A page is one value: to parse a row for each event would take most of the api's time.
    const { rows } = await tx.query<{ page: Line[] | null }>(
      `select json_agg(json_build_array(e.seq, e.kind, e.turn_id, e.place, e.ref)) as page from (
         select e.seq, e.kind, e.turn_id,
           case when e.kind = 'user_turn_edit' then (e.data->>'userTurnSeq')::integer
                when e.kind = 'assistant_turn' and e.turn_id = any($5) then ${editedBeat} end as place,
           (e.data->>${refName('e')})::integer as ref
         from events e
         where e.chat_id = $1 and e.seq > $2 and e.seq <= $7 and (e.seq <= $3 or e.turn_id = any($5))
           and e.hidden_by is null and e.superseded_by is null
           and ($6::integer is null or ${belongsUpTo('e', '$6')})
         order by e.seq limit $4
       ) e`,
      [chatId, after, upTo, CHUNK_SIZE, edited, line, newest],
    );
    const page = rows[0]?.page ?? [];
    const last = page.at(-1);
    if (!last) return;
    const lines = page.map(([seq, kind, turnId, place, ref]): CopiedLine => ({ seq, kind, turnId, place, ref }));
    yield lines.filter(({ place }) => place === null || place <= upTo);
    after = last[0];
    await yieldToEventLoop();
  }
}
