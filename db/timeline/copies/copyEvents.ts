import { type CopyPlan, copyEvent, type PlannedCopy } from '../../../domain/timeline/copy.js';
import type { Versions } from '../../../domain/timeline/marks.js';
import { type IdPrefix, newId } from '../../core/ids.js';
import type { Tx } from '../../core/pool.js';
import { yieldToEventLoop } from '../../core/yieldToEventLoop.js';
import { type EventRow, eventBytes, toChatEvent } from '../log.js';
import { refName } from './readLines.js';

/** `turns` are those of the source; `turnIds` gives the copies' turns by their roots. `title` is the copy's. */
export type Copying = { plan: CopyPlan; turns: Versions; turnIds: Map<string, string>; title: string | null };

/** How many events are copied at a time. */
const PART = 2_000;

/**
 * Copies the planned events into a new chat, in parts. Postgres copies the rows and the words by which a search finds
 * them; only data that is made here is read. Events keep the step that caused them.
 */
export async function copyEvents(tx: Tx, chatId: string, forkId: string, copying: Copying): Promise<void> {
  // The trigger would find the words of each text again: db/migrations/0036_copied_texts.sql.
  await tx.query("select set_config('durable_turns.copies_texts', 'on', true)");
  const { events } = copying.plan;
  const prepare = preparing(tx, chatId, copying);
  for (let part = await prepare(0); part.events.length > 0; ) {
    // The next part is prepared while Postgres copies one.
    [, , part] = await Promise.all([
      insertCopies(tx, chatId, forkId, part),
      copyWords(tx, chatId, forkId, part),
      prepare(part.first - 1 + PART),
    ]);
    await yieldToEventLoop();
  }
  await tx.query(
    `update chats set seq = $2, last_event_at = e.at, log_bytes = e.bytes
     from (select max(at) as at, coalesce(sum(${eventBytes}), 0) as bytes from events where chat_id = $1) e
     where id = $1`,
    [forkId, events.length],
  );
}

/** `first` is the seq of the first copy. */
type Part = { events: readonly PlannedCopy[]; first: number };
/** For each event its turn in the copy, the seq to which it refers there, and what was made. */
type Prepared = Part & { turns: (TurnCopy | null)[]; refs: (number | null)[]; made: (MadeEvent | undefined)[] };

/** Prepares the part of the plan that begins at an index; one without events is behind its end. */
function preparing(tx: Tx, chatId: string, copying: Copying): (at: number) => Promise<Prepared> {
  const { plan, turns, title } = copying;
  const make = { turns, title, changeIdOf: newIds('chg') };
  const turnOf = turnsOf(copying);
  return async (at) => {
    const events = plan.events.slice(at, at + PART);
    const made = await makeEvents(tx, chatId, plan, events, make);
    return {
      events,
      first: at + 1,
      turns: events.map(({ turnId }) => turnOf(turnId)),
      refs: events.map(({ ref }) => (ref === null ? null : (plan.seqOf.get(ref) ?? 0))),
      made: events.map(({ from }) => made.get(from)),
    };
  };
}

/** Gives each id a new one, always the same for the same id. */
function newIds(prefix: IdPrefix): (id: string) => string {
  const ids = new Map<string, string>();
  return (id) => {
    const known = ids.get(id) ?? newId(prefix);
    ids.set(id, known);
    return known;
  };
}

/** The turn of the copy for a turn of the source. `merges`: it also has events of other versions. */
type TurnCopy = { id: string; merges: boolean };

function turnsOf({ turns, turnIds }: Copying): (turnId: string | null) => TurnCopy | null {
  const versions = new Map<string, number>();
  for (const { rootId } of turns.values()) versions.set(rootId, (versions.get(rootId) ?? 0) + 1);
  return (turnId) => {
    const rootId = turnId === null ? null : (turns.get(turnId)?.rootId ?? turnId);
    const id = rootId === null ? undefined : turnIds.get(rootId);
    return rootId !== null && id !== undefined ? { id, merges: (versions.get(rootId) ?? 1) > 1 } : null;
  };
}

type MadeEvent = { kind: string; data: string };

/** By the seq of their source, the copies whose data differs in more than one seq. */
async function makeEvents(
  tx: Tx,
  chatId: string,
  plan: CopyPlan,
  events: readonly PlannedCopy[],
  make: Parameters<typeof copyEvent>[2],
): Promise<Map<number, MadeEvent>> {
  const seqs = events.flatMap(({ from, isMade }) => (isMade ? [from] : []));
  if (seqs.length === 0) return new Map();
  const { rows } = await tx.query<EventRow>(
    `select seq, kind, turn_id, at, data, superseded_by, hidden_by from events
     where chat_id = $1 and seq = any($2::integer[])`,
    [chatId, seqs],
  );
  return new Map(
    rows.map((row) => {
      const { kind, data } = copyEvent(toChatEvent(row), plan, make);
      return [row.seq, { kind, data: JSON.stringify(data) }];
    }),
  );
}

/** Events of an earlier release have no size. */
const sourceBytes = 'coalesce(e.bytes, octet_length(e.data::text))';

/** The versions of a reply become one turn, and their events are numbered on within a step. */
const numberedOn = `(select count(*) from events o where o.chat_id = $2 and o.turn_id = c.turn_id and o.step = e.step)
  + row_number() over (partition by c.turn_id, e.step order by c.place) - 1`;

/** Each event has its place in all arrays: a join with a list of turns would compare each event with each turn. */
async function insertCopies(tx: Tx, chatId: string, forkId: string, part: Prepared): Promise<void> {
  const { events, first, turns, refs, made } = part;
  const n = turns.some((turn) => turn?.merges) ? `case when c.merges then ${numberedOn} else e.n end` : 'e.n';
  await tx.query(
    `insert into events (chat_id, seq, kind, turn_id, step, n, at, data, bytes)
     select $2, $3 + c.place - 1, coalesce(c.kind, e.kind), c.turn_id, e.step, ${n}, e.at,
       case when c.data is not null then c.data
            when c.ref is not null then e.data || jsonb_build_object(${refName('e')}, c.ref) else e.data end,
       case when c.data is not null then c.bytes
            when c.ref is not null then ${sourceBytes} + length(c.ref::text) - length(e.data->>${refName('e')})
            else ${sourceBytes} end
     from unnest($4::integer[], $5::text[], $6::boolean[], $7::integer[], $8::text[], $9::jsonb[], $10::integer[])
       with ordinality as c("from", turn_id, merges, ref, kind, data, bytes, place)
     join events e on e.chat_id = $1 and e.seq = c."from"
     where e.seq = any($4::integer[]) order by c.place`,
    [
      chatId,
      forkId,
      first,
      events.map(({ from }) => from),
      turns.map((turn) => turn?.id),
      turns.map((turn) => turn?.merges),
      refs,
      made.map((event) => event?.kind),
      made.map((event) => event?.data),
      made.map((event) => event && Buffer.byteLength(event.data)),
    ],
  );
}

/** The words by which a search finds the copies: those of their texts, which are the same. */
async function copyWords(tx: Tx, chatId: string, forkId: string, { events, first }: Part): Promise<void> {
  await tx.query(
    `insert into event_texts (chat_id, seq, at, words)
     select $2, $3 + c.place - 1, t.at, t.words
     from unnest($4::integer[]) with ordinality as c("from", place)
     join event_texts t on t.chat_id = $1 and t.seq = c."from"
     where t.seq = any($4::integer[]) order by c.place`,
    [chatId, forkId, first, events.map(({ from }) => from)],
  );
}
