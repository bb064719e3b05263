import { maxPageBytes } from '../../db/core/page.js';
import type { Answer } from './route.js';

/** An upper bound of a page's size without its items, in bytes. */
const envelopeBytes = 1024;

export type PageWriter<T> = {
  /** False when the item does not fit: the next page begins with it. */
  add(item: T): boolean;
  answer(): Answer;
};

/**
 * Writes a page of at most `limit` items and 4 MiB, but at least one item, with the cursor of the next page. Each item is
 * serialised once.
 */
export function writePage<T>(
  limit: number,
  cursorAt: (item: T) => string,
  shown: (item: T) => unknown = (item) => item,
): PageWriter<T> {
  const written: string[] = [];
  let bytes = envelopeBytes;
  let last: T | undefined;
  let isFull = false;
  return {
    add(item) {
      if (written.length >= limit) isFull = true;
      if (isFull) return false;
      const json = JSON.stringify(shown(item));
      bytes += Buffer.byteLength(json) + 1;
      isFull = written.length > 0 && bytes > maxPageBytes;
      if (isFull) return false;
      written.push(json);
      last = item;
      return true;
    },
    answer() {
      const next = isFull && last !== undefined ? cursorAt(last) : null;
      return { status: 200, json: `{"items":[${written.join(',')}],"next":${JSON.stringify(next)}}` };
    },
  };
}

/** Answers with a page. `items`: one more than `limit` if there are as many, or as many as fit a page. */
export function listPage<T>(items: readonly T[], limit: number, ...how: ParametersAfterLimit<T>): Answer {
  const page = writePage(limit, ...how);
  for (const item of items) if (!page.add(item)) break;
  return page.answer();
}

type ParametersAfterLimit<T> = [cursorAt: (item: T) => string, shown?: (item: T) => unknown];
