import type pg from 'pg';
import { createPool, type Pool } from '../../../db/core/pool.js';

/** What a statement read of the tables, as `explain (analyze)` saw it. */
export type Explained = {
  statement: string;
  /** Rows that came back or were written. */
  returned: number;
  /** By table, the rows that were read, filtered ones too, and whether the table was read as a whole. */
  read: Map<string, { rows: number; whole: boolean }>;
  /** Whether Postgres compiled it, which takes longer than any statement of a turn runs. */
  isCompiled: boolean;
  plan: unknown;
};

type Node = {
  'Node Type': string;
  'Relation Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  'Rows Removed by Index Recheck'?: number;
  Operation?: string;
  Plans?: Node[];
};

/** Made for the values of a statement, or for all values, as Postgres keeps it for statements that it often ran. */
export type Planning = 'forValues' | 'kept';

/**
 * A pool that runs each statement under `explain (analyze)` first, undoes that, and then runs it as it is: so the plans
 * are those of the statements that run, on the rows that they find, and no statement is forgotten.
 */
export function createExplainedPool(
  url: string,
  planning: Planning = 'forValues',
): { pool: Pool; taken: () => Explained[] } {
  const pool = createPool(url, { max: 4, statementTimeoutMs: 60_000 });
  let seen: Explained[] = [];
  pool.on('connect', (client) => explain(client, planning, (explained) => seen.push(explained)));
  return {
    pool,
    taken: () => {
      const taken = seen;
      seen = [];
      return taken;
    },
  };
}

const isRead = /^\s*(select|with|insert|update|delete)\b/i;

function explain(client: pg.ClientBase, planning: Planning, see: (explained: Explained) => void): void {
  const query = client.query.bind(client) as unknown as Query;
  let inTransaction = false;
  // One at a time: statements that are sent together would see each other's savepoints.
  let last: Promise<unknown> = Promise.resolve();
  const run = async (text: string, values: unknown[]): Promise<pg.QueryResult> => {
    if (/^(begin|commit|rollback)/.test(text)) inTransaction = text.startsWith('begin');
    else if (isRead.test(text)) see(await explainOne(text, values, { query, planning, inTransaction }));
    return query(text, values);
  };
  Object.assign(client, {
    query: (text: unknown, values?: unknown, callback?: unknown) => {
      if (typeof text !== 'string') throw new Error('only statements in text are explained');
      const result = last.then(() => run(text, (Array.isArray(values) ? values : []) as unknown[]));
      last = result.catch(() => undefined);
      const done = [values, callback].find((each) => typeof each === 'function') as
        | ((error: unknown, result?: pg.QueryResult) => void)
        | undefined;
      if (done) result.then((value) => done(null, value), done);
      return done ? undefined : result;
    },
  });
}

type Query = (text: string, values?: unknown[]) => Promise<pg.QueryResult>;
type Explaining = { query: Query; planning: Planning; inTransaction: boolean };

async function explainOne(
  statement: string,
  values: unknown[],
  { query, planning, inTransaction }: Explaining,
): Promise<Explained> {
  const explain = 'explain (analyze, timing off, format json)';
  await query(inTransaction ? 'savepoint explained' : 'begin');
  if (planning === 'kept') {
    await query(keepPlans);
    await query(`prepare explained as ${statement}`);
  }
  const { rows } = await (planning === 'kept'
    ? query(`${explain} execute explained ${await literals(query, values)}`)
    : query(`${explain} ${statement}`, values));
  await query(inTransaction ? 'rollback to savepoint explained' : 'rollback');
  if (planning === 'kept') await query('deallocate explained');
  const { Plan: plan, JIT } = (rows[0]['QUERY PLAN'] as { Plan: Node; JIT?: unknown }[])[0]!;
  const explained: Explained = { statement, returned: 0, read: new Map(), isCompiled: JIT !== undefined, plan };
  visit(plan, explained);
  explained.returned = Math.max(plan['Actual Rows'], written(plan));
  return explained;
}

/** Until the transaction or its savepoint is undone; where the transaction plans for values, it does so here. */
const keepPlans = `select set_config('plan_cache_mode', 'force_generic_plan', true)
  where current_setting('plan_cache_mode') = 'auto'`;

/** As arguments of `execute`. */
async function literals(query: Query, values: unknown[]): Promise<string> {
  if (values.length === 0) return '';
  const quoted = values.map((_, i) => `quote_nullable($${i + 1}::text) as "${i}"`);
  const { rows } = await query(`select ${quoted.join(', ')}`, values);
  return `(${values.map((_, i) => rows[0][i]).join(', ')})`;
}

function visit(node: Node, { read, ...rest }: Explained): void {
  const table = node['Relation Name'];
  if (table && node['Node Type'] !== 'ModifyTable') {
    const rows =
      (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0)) *
      node['Actual Loops'];
    const before = read.get(table) ?? { rows: 0, whole: false };
    read.set(table, { rows: before.rows + rows, whole: before.whole || node['Node Type'] === 'Seq Scan' });
  }
  for (const child of node.Plans ?? []) visit(child, { read, ...rest });
}

/** The rows that the plan's changes touched: those that their inputs gave. */
function written(node: Node): number {
  const own = node.Operation && node['Node Type'] === 'ModifyTable' ? (node.Plans?.[0]?.['Actual Rows'] ?? 0) : 0;
  return own + (node.Plans ?? []).reduce((sum, child) => sum + written(child), 0);
}
