import type { Db } from './pool.js';

export type Order = 'asc' | 'desc';

/** A page of a list: what comes after a cursor in its order, at most `limit` of it. */
export type Page<Cursor = string> = { after: Cursor | null; limit: number; order?: Order };

/**
 * A page ends at the latest where its rows, uncompressed, pass so many bytes. Two are read in any case, so that
 * whether more follows is known also of a row that is larger.
 */
export const maxPageBytes = 4 * 1024 * 1024;

/** A list whose rows are the owner's or the chat's, which is `$1`. */
export type ListSpec = {
  columns: string;
  from: string;
  where: string;
  /** What orders the list: unique in it, and behind what `where` compares in an index. */
  key: string;
  /** An expression: what a row is in bytes, about. */
  bytes: string;
};

type Counted = { page_key: unknown; page_bytes: unknown; page_total: unknown; page_row: unknown };

/**
 * Reads a page. Rows are taken one after another until there are enough, so that neither Postgres nor the reader has
 * more in hand than one row beyond the page, whatever its rows hold.
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

/** Whether Postgres refused because a row that is referred to is missing, or a row is still referred to. */
export function breaksForeignKey(error: unknown): boolean {
  return error instanceof Error && (error as { code?: unknown }).code === '23503';
}
