import { type AcceptedPlace, usedSince } from '../../domain/documents/acceptedPlaces.js';
import { type Anchor, anchorSpan } from '../../domain/documents/anchor.js';
import { type SearchedBody, tooLongOriginal, type Whereabouts } from '../../domain/documents/places.js';
import type { Db } from '../core/pool.js';
import { yieldToEventLoop } from '../core/yieldToEventLoop.js';

/** Changes that are read, and checked and marked in one transaction. */
const BATCH_SIZE = 20;
/** Milliseconds of searching after which the event loop may run other work. */
const SLICE_MS = 8;

/** A change that is neither decided nor stale. `writtenAt`: when its reply began or its tool was called. */
export type Pending = { id: string; chatId: string; original: string; anchor: Anchor | null; writtenAt: Date };

/**
 * The pending changes of a document in batches. Reads no more of an original than is needed to know that it has no place
 * in the body.
 */
export async function* readPending(db: Db, documentId: string, body: string): AsyncGenerator<Pending[]> {
  for (let after: string | null = ''; after !== null; ) {
    const { rows }: { rows: Pending[] } = await db.query<Pending>(
      `select c.id, c.chat_id as "chatId", left(c.original, $4) as original, chats.anchor, ${writtenAt} as "writtenAt"
       from changes c join chats on chats.id = c.chat_id
       where c.document_id = $1 and c.state = 'pending' and c.stale_since is null and c.id > $2 order by c.id limit $3`,
      [documentId, after, BATCH_SIZE, tooLongOriginal(body)],
    );
    if (rows.length > 0) yield rows;
    after = rows.length === BATCH_SIZE ? rows.at(-1)!.id : null;
  }
}

/**
 * When a change was written, for the model to have seen the body: a reply in a thread when it began, a tool's call when
 * it was made.
 */
export const writtenAt = `(select coalesce(
    (select max(begun.at) from events begun where begun.chat_id = e.chat_id and begun.turn_id = e.turn_id
       and begun.kind = 'assistant_turn_started' and chats.kind = 'document'), e.at)
  from events e where e.chat_id = c.chat_id and e.seq = c.proposed_seq)`;

/** Returns on what the place of a change in a body depends. */
export function createWhereabouts(body: SearchedBody, places: readonly AcceptedPlace[]) {
  const anchors = new Map<string, Whereabouts['anchor']>();
  const used = new Map<string, NonNullable<Whereabouts['used']>>();
  return ({ chatId, anchor, writtenAt }: Pick<Pending, 'chatId' | 'anchor' | 'writtenAt'>): Required<Whereabouts> => {
    const since = writtenAt.toISOString();
    if (!anchors.has(chatId)) anchors.set(chatId, anchor && anchorSpan(body, anchor));
    if (!used.has(since)) used.set(since, usedSince(places, since));
    return { anchor: anchors.get(chatId) ?? null, used: used.get(since)! };
  };
}

/** The changes that pass. Other work of the event loop runs in between. */
export async function filterPending(changes: Pending[], passes: (change: Pending) => boolean): Promise<Pending[]> {
  const passed: Pending[] = [];
  let since = performance.now();
  for (const change of changes) {
    if (passes(change)) passed.push(change);
    if (performance.now() - since < SLICE_MS) continue;
    await yieldToEventLoop();
    since = performance.now();
  }
  return passed;
}
