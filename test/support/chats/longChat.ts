import { newId } from '../../../db/core/ids.js';
import { createPool, type Tx, transaction } from '../../../db/core/pool.js';

/**
 * Makes a chat of many turns out of one whose only turn was really played: each copy has its own ids, seqs and times,
 * and `#1` in its texts is `#2` and so on. Log, turns, steps, drafts and projections are as if all had been played.
 */
export async function multiplyTurn(databaseUrl: string, chatId: string, count: number): Promise<void> {
  // Many rows at once, for which the service's own bound is not meant
  const pool = createPool(databaseUrl, { max: 1, statementTimeoutMs: 120_000 });
  try {
    await transaction(pool, async (tx) => {
      await prepareCopies(tx, chatId, count);
      await tx.query('analyze copies');
      for (const statement of copies) {
        await tx.query(statement, [chatId]);
        await tx.query('analyze events');
      }
    });
    await pool.query('analyze events');
  } finally {
    await pool.end();
  }
}

/** A row for each copy: its number, its ids, how far its seqs are from those of the turn that was played. */
async function prepareCopies(tx: Tx, chatId: string, count: number): Promise<void> {
  const ids = (prefix: 'turn' | 'mem') => Array.from({ length: count - 1 }, () => newId(prefix));
  await tx.query(
    'create temporary table copies (n integer, turn_id text, memory_id text, by integer, was text, remembered text) on commit drop',
  );
  await tx.query(
    `insert into copies
     select c.n, c.turn_id, c.memory_id, c.n * length, played.id, remembered.id
     from unnest($2::text[], $3::text[]) with ordinality as c(turn_id, memory_id, n),
       (select id from turns where chat_id = $1) as played,
       (select id from memories where chat_id = $1) as remembered,
       (select count(*)::integer as length from events where chat_id = $1 and turn_id is not null) as events`,
    [chatId, ids('turn'), ids('mem')],
  );
}

const own = `replace(replace(replace(to_jsonb(t)::text, c.was, c.turn_id), c.remembered, c.memory_id), '#1', '#' || c.n + 1)::jsonb`;
const moved = (table: string, change: string) =>
  `select (jsonb_populate_record(null::${table}, ${own} || ${change})).* from ${table} t, copies c where t.chat_id = $1`;
const later = (field: string) => `'${field}', t.${field} + c.n * interval '1 millisecond'`;

/** In order. Without fresh numbers the planner joins all events with all copies, row by row. */
const copies = [
  `insert into turns ${moved('turns', `jsonb_build_object('user_turn_seq', t.user_turn_seq + c.by, 'rank', t.rank + c.by)`)}`,
  `insert into drafts ${moved('drafts', `jsonb_build_object('user_turn_seq', t.user_turn_seq + c.by)`)}`,
  `insert into turn_steps (turn_id, name, status, attempts, failures, round, verdict)
   select c.turn_id, t.name, t.status, t.attempts, t.failures, t.round, t.verdict
   from turn_steps t join turns on turns.id = t.turn_id join copies c on c.was = t.turn_id where chat_id = $1`,
  `insert into events ${moved('events', `jsonb_build_object('seq', t.seq + c.by, ${later('at')})`)}
   and t.turn_id is not null`,
  `update events e set data = jsonb_set(data, '{userTurnSeq}', to_jsonb((data->>'userTurnSeq')::integer + c.by))
   from copies c where e.chat_id = $1 and e.turn_id = c.turn_id and e.data ? 'userTurnSeq'`,
  `insert into memories ${moved('memories', `jsonb_build_object('written_seq', t.written_seq + c.by, ${later('written_at')})`)}`,
  `update chats set seq = (select max(seq) from events where chat_id = $1) where id = $1`,
  `update chat_summaries set message_count =
     (select count(*) from events where chat_id = $1 and kind in ('user_turn', 'assistant_turn')) where chat_id = $1`,
];
