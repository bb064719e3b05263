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
  /**
   * The column that orders the list: unique within it, and in an index after the columns of `where`. Or several, which
   * are unique together; a cursor then has a value for each.
   */
  key: string | readonly string[];
  /** An SQL expression for the approximate size of a row, in bytes. */
  bytes: string;
};

const counted = ['page_bytes', 'page_total', 'page_row'];

/**
 * Reads a page. The recursive query reads one row at a time until the page is full, so that Postgres and the reader
 * never hold more than one row beyond the page. `params` are what `where` refers to, from `$3` on.
 */
export async function readPage<Row>(
  db: Db,
  list: ListSpec,
  of: string,
  page: Page<string | number | readonly string[]>,
  params: readonly unknown[] = [],
): Promise<Row[]> {
  const after = page.after === null ? [] : [page.after].flat();
  const { rows } = await db.query<Record<string, unknown>>(pageQuery(list, page, params.length + 3), [
    of,
    page.limit,
    ...params,
    ...after,
  ]);
  return rows.map((row) => Object.fromEntries(Object.entries(row).filter(([name]) => !isCounted(name))) as Row);
}

const isCounted = (name: string) => counted.includes(name) || /^page_key\d$/.test(name);

/** `firstParam`: the number of the cursor's first parameter. */
function pageQuery(
  { columns, from, where, key, bytes }: ListSpec,
  { after, order = 'asc' }: Page<string | number | readonly string[]>,
  firstParam: number,
) {
  const keys = [key].flat();
  const row = (of: (i: number) => string) => (keys.length === 1 ? of(0) : `(${keys.map((_, i) => of(i)).join(', ')})`);
  const next = (since: ((i: number) => string) | null) =>
    `select ${columns}, ${keys.map((each, i) => `${each} as page_key${i}`).join(', ')}, (${bytes})::bigint as page_bytes from ${from}
     where ${where} ${since === null ? '' : `and ${row((i) => keys[i]!)} ${order === 'asc' ? '>' : '<'} ${row(since)}`}
     order by ${keys.map((each) => `${each} ${order}`).join(', ')} limit 1`;
  return `with recursive page as (
      select r.*, r.page_bytes as page_total, 1 as page_row from (${next(after === null ? null : (i) => `$${firstParam + i}`)}) r
      union all
      select r.*, p.page_total + r.page_bytes, p.page_row + 1
      from page p cross join lateral (${next((i) => `p.page_key${i}`)}) r
      where p.page_row < $2 and (p.page_total < ${maxPageBytes} or p.page_row < 2)
    ) select * from page order by page_row`;
}

/** Whether the error is a foreign key violation: a referenced row is missing, or a row is still referenced. */
export function breaksForeignKey(error: unknown): boolean {
  return error instanceof Error && (error as { code?: unknown }).code === '23503';
}
