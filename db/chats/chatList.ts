import { type ListSpec, type Page, readPage } from '../core/page.js';
import type { Db } from '../core/pool.js';
import { type Chat, chatColumns } from './chats.js';

/** `activity`: by the time of the newest event. */
export type ChatSort = 'created' | 'activity';

/** A place in a list: the chat, and in a list by activity the time of its newest event, in microseconds. */
export type ChatPlace = { id: string; activeAt: string | null };

/** A chat with its place in a list by activity. */
export type ListedChat = Chat & { activeAt: string };

/** `query`: part of what a list shows as the chat's name, whatever its case. */
export type ChatPage = Page<ChatPlace> & {
  sort: ChatSort;
  query?: string | undefined;
  /** Only these chats. Null: all of the owner. */
  chatIds?: readonly string[] | null;
};

const activity = 'coalesce(c.last_event_at, c.created_at)';

const all: ListSpec = {
  columns: `${chatColumns}, to_char(${activity} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as "activeAt"`,
  from: 'chats c',
  where: 'c.owner = $1',
  key: 'c.id',
  bytes:
    'octet_length(c.settings::text) + coalesce(octet_length(c.anchor::text), 0) + coalesce(octet_length(c.title), 0)',
};

/** A chat without a title goes by its characters or its document. */
const isNamed = `(strpos(lower(c.title), lower($3)) > 0
  or exists (select from characters h where h.id in (c.host_id, c.guest_id) and strpos(lower(h.name), lower($3)) > 0)
  or exists (select from documents d where d.id = c.document_id and strpos(lower(d.title), lower($3)) > 0))`;

/** A page of the owner's chats. */
export async function listChats(
  db: Db,
  owner: string,
  { after, sort, query, chatIds = null, ...page }: ChatPage,
): Promise<ListedChat[]> {
  const byActivity = sort === 'activity';
  const params = [...(query === undefined ? [] : [query]), ...(chatIds ? [chatIds] : [])];
  const idsAt = 2 + params.length;
  const list: ListSpec = {
    ...all,
    where: [all.where, ...(query === undefined ? [] : [isNamed]), ...(chatIds ? [`c.id = any($${idsAt})`] : [])].join(
      ' and ',
    ),
    key: byActivity ? [activity, 'c.id'] : 'c.id',
  };
  const since = after && (byActivity ? [after.activeAt ?? '', after.id] : after.id);
  return readPage<ListedChat>(db, list, owner, { ...page, after: since }, params);
}
