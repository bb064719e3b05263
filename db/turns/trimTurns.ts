import { type Pool, type Tx, transaction } from '../core/pool.js';
import { type TurnRow, turnColumns } from './turnRow.js';
import { readStates } from './turnView.js';

/**
 * What a turn that has ended leaves behind: its readers get its events and `ended_state`. Rows that refer to others come
 * first. A call that a person decided on is kept: a repeated decision gets the same answer. So is a call that a client runs,
 * with its iterations: the output may come much later, and the model's server wants back what it attached to the call.
 */
export const spentTables: { table: string; condition?: string }[] = [
  { table: 'draft_chunks' },
  { table: 'drafts' },
  { table: 'turn_steps' },
  { table: 'model_calls' },
  { table: 'agent_steps' },
  {
    table: 'agent_iterations',
    condition: `not exists (
      select from tool_calls c where c.turn_id = agent_iterations.turn_id and c.plan->'client' is not null)`,
  },
  {
    table: 'tool_calls',
    condition: `approved is null and not exists (
      select from tool_calls c where c.turn_id = tool_calls.turn_id and c.plan->'client' is not null)`,
  },
];

/** Turns of one transaction, and rows of one statement. */
const TURNS_AT_ONCE = 25;
const ROWS_AT_ONCE = 500;

export type TrimOptions = {
  /** Turns that ended less than this many milliseconds ago are left as they are. */
  olderThanMs: number;
  /** Milliseconds after which no further transaction begins. */
  withinMs: number;
  onProgress?: () => void;
};

/**
 * Removes the rows that turns leave behind, oldest turns first, in short transactions that lock only turns that have
 * ended. Returns how many turns were done. Stops where another process trims. Throws errors of the database.
 */
export async function trimTurns(pool: Pool, { olderThanMs, withinMs, onProgress }: TrimOptions): Promise<number> {
  const until = performance.now() + withinMs;
  let trimmed = 0;
  for (;;) {
    const batch = await trimBatch(pool, olderThanMs);
    trimmed += batch.trimmed;
    onProgress?.();
    if (batch.idle || performance.now() > until) return trimmed;
  }
}

type Batch = { trimmed: number; idle: boolean };

function trimBatch(pool: Pool, olderThanMs: number): Promise<Batch> {
  return transaction(pool, async (tx) => {
    const turns = await lockEnded(tx, olderThanMs);
    if (turns.length === 0) return { trimmed: 0, idle: true };
    await storeEndedStates(tx, turns);
    const ids = turns.map(({ id }) => id);
    if (!(await removeRows(tx, ids))) return { trimmed: 0, idle: false };
    // A request that regenerates later brings its functions.
    await tx.query('update turns set trimmed_at = now(), client_functions = null where id = any($1)', [ids]);
    return { trimmed: ids.length, idle: false };
  });
}

type EndedTurn = TurnRow & { hasState: boolean };

/** The turns that ended first. None while another process trims: two of them would wait for each other's rows. */
async function lockEnded(tx: Tx, olderThanMs: number): Promise<EndedTurn[]> {
  const [{ rows: locks }, { rows }] = await Promise.all([
    tx.query<{ ours: boolean }>("select pg_try_advisory_xact_lock(hashtext('trim_turns')) as ours", []),
    tx.query<EndedTurn>(
      `select ${turnColumns}, t.ended_state is not null as "hasState" from turns t
       where t.finished_at < now() - $1 * interval '1 millisecond' and t.trimmed_at is null
       order by t.finished_at limit ${TURNS_AT_ONCE} for no key update skip locked`,
      [olderThanMs],
    ),
  ]);
  return locks[0]?.ours ? rows : [];
}

/** Stores what `GET /v1/turns/:id` shows of the rows before the first of them is removed. */
async function storeEndedStates(tx: Tx, turns: EndedTurn[]): Promise<void> {
  const left = turns.filter(({ hasState }) => !hasState);
  if (left.length === 0) return;
  const states = await readStates(tx, left);
  await tx.query(
    `update turns t set ended_state = s.state from unnest($1::text[], $2::jsonb[]) as s (id, state) where t.id = s.id`,
    [left.map(({ id }) => id), states.map((state) => JSON.stringify(state))],
  );
}

/** Whether none are left. Where a table has more rows than one statement removes, the next transaction continues. */
async function removeRows(tx: Tx, turnIds: string[]): Promise<boolean> {
  const removals = spentTables.map(({ table, condition = 'true' }) =>
    tx.query(
      `delete from ${table} where ctid = any(array(
         select ctid from ${table} where turn_id = any($1) and ${condition} limit ${ROWS_AT_ONCE}))`,
      [turnIds],
    ),
  );
  return (await Promise.all(removals)).every(({ rowCount }) => (rowCount ?? 0) < ROWS_AT_ONCE);
}
