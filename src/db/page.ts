/** A page of a list in id order: what comes after a cursor, at most `limit` of it. */
export type Page = { after: string | null; limit: number };

/** Whether Postgres refused because a row that is referred to is missing, or a row is still referred to. */
export function breaksForeignKey(error: unknown): boolean {
  return error instanceof Error && (error as { code?: unknown }).code === '23503';
}
