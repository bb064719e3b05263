import type { EventKind } from '../../domain/log/events.js';
import type { Page } from '../core/page.js';
import type { Db } from '../core/pool.js';
import { inTimeline } from './subjects.js';

/** The place of a text: `at` is ISO 8601 with microseconds. */
export type TextPlace = { at: string; chatId: string; seq: number };

/** An event whose text was found. `snippet` is the part of the text around the first word of the query. */
export type FoundText = TextPlace & { kind: EventKind; snippet: string };

/** Characters of a snippet, and how many of them stand before the word. */
const SNIPPET = { length: 240, before: 60 };

/** What separates words: the same as in the SQL function `search_words`. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: all control characters separate words
const separators = /[\u0000-\u002F\u003A-\u0040\u005B-\u0060\u007B-\u00BF\u2000-\u206F\u3000-\u303F\uFF00-\uFF0F]+/;

/** More words of a query than these do not narrow it further. */
const MAX_WORDS = 16;

/** The words of a query. None: nothing can be found. */
export const wordsOf = (query: string): string[] =>
  [...new Set(query.split(separators).filter(Boolean))].slice(0, MAX_WORDS);

const text = "coalesce(e.data->>'text', e.data->>'summary')";

/**
 * Texts of the timelines of the owner's chats, or of those of `chatIds`, in which each word begins a word, newest first unless the page says
 * otherwise. The index has the words of the first 100,000 characters of a text. Costs what the index finds, by place,
 * and reads as many texts as the page has.
 */
export async function searchTexts(
  db: Db,
  owner: string,
  words: string[],
  { after, limit, order = 'desc', chatIds = null }: Page<TextPlace> & { chatIds?: readonly string[] | null },
): Promise<FoundText[]> {
  if (words.length === 0) return [];
  const beyond = `(t.at, t.chat_id, t.seq) ${order === 'desc' ? '<' : '>'} ($6::timestamptz, $7, $8::integer)`;
  const { rows } = await db.query<FoundText>(
    `select found.chat_id as "chatId", found.seq, said.kind, said.snippet,
       to_char(found.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at
     from (
       select t.chat_id, t.seq, t.at from event_texts t
       where t.words @@ owner_query($1, $2) and ($5::text[] is null or t.chat_id = any($5)) ${after === null ? '' : `and ${beyond}`}
       order by t.at ${order}, t.chat_id ${order}, t.seq ${order}
     ) found cross join lateral (
       select e.kind, substr(${text}, greatest(1, strpos(lower(${text}), lower(($3::text[])[1])) - ${SNIPPET.before}), ${SNIPPET.length}) as snippet
       from events e join chats c on c.id = e.chat_id
       where e.chat_id = found.chat_id and e.seq = found.seq and c.owner = $1 and ${inTimeline('e')}
         and not exists (select from unnest($3::text[]) as w(word) where strpos(lower(${text}), lower(w.word)) = 0)
       offset 0
     ) said limit $4`,
    [owner, words.join(' '), words, limit, chatIds, ...(after === null ? [] : [after.at, after.chatId, after.seq])],
  );
  return rows;
}
