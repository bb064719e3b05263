import type { Tx } from '../core/pool.js';

/** For each property of a row, its column and the column's type. */
export type Columns<Row> = { [P in keyof Row]-?: [column: string, type: string] };

/** Reads and writes rows of a projection's table, many at once. Their keys are subjects of events. */
export type RowStore<Row> = {
  table: string;
  read(tx: Tx, chatId: string, keys: string[]): Promise<Map<string, Row>>;
  /** Inserts or replaces rows. */
  write(tx: Tx, chatId: string, rows: Row[]): Promise<void>;
  remove(tx: Tx, chatId: string, keys: string[]): Promise<void>;
};

type StoreSpec<Row> = {
  table: string;
  columns: Columns<Row>;
  /** The properties of the primary key, without the chat. */
  key: (keyof Row & string)[];
  /** The key of a row as the subject of its events. */
  keyOf: (row: Row) => string;
  /** A condition on the table's row `t`: its key is one of `$2`. */
  isOneOf: string;
};

export function rowStore<Row extends object>({ table, columns, key, keyOf, isOneOf }: StoreSpec<Row>): RowStore<Row> {
  const all = Object.entries(columns) as [string, [string, string]][];
  const names = all.map(([, [column]]) => column);
  const primary = new Set(key.map((property) => columns[property][0]));
  const changed = names.filter((name) => !primary.has(name));
  const selectRows = `select jsonb_build_object(${all.map(([property, [column]]) => `'${property}', t.${column}`).join(', ')}) as row
    from ${table} t where t.chat_id = $1 and ${isOneOf}`;
  const insertRows = `insert into ${table} (chat_id, ${names.join(', ')})
    select $1, ${all.map(([property]) => `r."${property}"`).join(', ')}
    from jsonb_to_recordset($2::jsonb) as r(${all.map(([property, [, type]]) => `"${property}" ${type}`).join(', ')})
    on conflict (chat_id, ${[...primary].join(', ')}) do update
      set (${changed.join(', ')}) = row(${changed.map((name) => `excluded.${name}`).join(', ')})`;
  return {
    table,
    async read(tx, chatId, keys) {
      const { rows } = await tx.query<{ row: Row }>(selectRows, [chatId, keys]);
      return new Map(rows.map(({ row }) => [keyOf(row), row]));
    },
    async write(tx, chatId, rows) {
      if (rows.length > 0) await tx.query(insertRows, [chatId, JSON.stringify(rows)]);
    },
    async remove(tx, chatId, keys) {
      if (keys.length > 0) await tx.query(`delete from ${table} t where t.chat_id = $1 and ${isOneOf}`, [chatId, keys]);
    },
  };
}

/** Of a table whose key is its id. */
export const idIsOneOf = 't.id = any($2::text[])';
