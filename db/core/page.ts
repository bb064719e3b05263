import type { Db } from './pool.js';

export type Order = 'asc' | 'desc';

/** A page of a list: at most `limit` items after a cursor, in the list's order. */
export type Page<Cursor = string> = { after: Cursor | null; limit: number; order?: Order };

/**
 * The most bytes of a page, uncompressed: it ends with the row that reaches them. Two rows are always read, so that
 * the reader of a very large row still knows whether more rows follow.
 */
export const maxPageBytes = 4 * 1024 * 1024;

/** The query of a list. `$1` is the owner or the chat whose rows it has. */
export type ListSpec = {
  columns: string;
  from: string;
  where: string;
  /** The column that orders the list: unique within it, and in an index after the columns of `where`. */
  key: string;
  /** An SQL expression for the approximate size of a row, in bytes. */
  bytes: string;
};

type Counted = { page_key: unknown; page_bytes: unknown; page_total: unknown; page_row: unknown };

/**
 * Reads a page. The recursive query reads one row at a time until the page is full, so that Postgres and the reader
 * never hold more than one row beyond the page.
 */
export async function readPage<Row>(db: Db, list: ListSpec, of: string, page: Page<string | number>): Promise<Row[]> {
  const { rows } = await db.query<Row & Counted>(pageQuery(list, page), [
    of,
    page.limit,
    ...(page.after === null ? [] : [page.after]),
  ]);
  return rows.map(({ page_key: _, page_bytes: __, page_total: ___, page_row: ____, ...row }) => row as Row);
}

function pageQuery({ columns, from, where, key, bytes }: ListSpec, { after, order = 'asc' }: Page<string | number>) {
  const next = (since: string | null) =>
    `select ${columns}, ${key} as page_key, (${bytes})::bigint as page_bytes from ${from}
     where ${where} ${since === null ? '' : `and ${key} ${order === 'asc' ? '>' : '<'} ${since}`}
     order by ${key} ${order} limit 1`;
  return `with recursive page as (
      select r.*, r.page_bytes as page_total, 1 as page_row from (${next(after === null ? null : '$3')}) r
      union all
      select r.*, p.page_total + r.page_bytes, p.page_row + 1
      from page p cross join lateral (${next('p.page_key')}) r
      where p.page_row < $2 and (p.page_total < ${maxPageBytes} or p.page_row < 2)
    ) select * from page order by page_row`;
}

/** Whether the error is a foreign key violation: a referenced row is missing, or a row is still referenced. */
export function breaksForeignKey(error: unknown): boolean {
  return error instanceof Error && (error as { code?: unknown }).code === '23503';
}
