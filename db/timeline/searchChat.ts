import type { Db } from '../core/pool.js';

/** Found texts, at most, and how much of each, in characters. */
const FOUND = 10;
const EXCERPT = 2_000;

export type FoundMessage = { role: string; text: string; at: string };
export type FoundMemory = { text: string; significance: number | null; pinned: boolean };

/** Words are literal text: each one that occurs counts, whatever its case. */
const wordsOf = (query: string): string[] =>
  [...new Set(query.toLowerCase().split(/\s+/).filter(Boolean))].slice(0, 16);

/** The messages of the chat's timeline that hold most of the words, the newest first among equals. */
export async function searchMessages(db: Db, chatId: string, query: string): Promise<FoundMessage[]> {
  const { rows } = await db.query<Omit<FoundMessage, 'at'> & { at: Date }>(
    `select role, left(text, $4) as text, at from (
       select case when kind = 'assistant_turn' then 'assistant' else 'user' end as role, data->>'text' as text, at, seq,
         (select count(*) from unnest($2::text[]) as w(word) where strpos(lower(data->>'text'), w.word) > 0) as hits
       from events where chat_id = $1 and kind in ('user_turn', 'user_turn_edit', 'assistant_turn')
         and hidden_by is null and superseded_by is null) as said
     where hits > 0 order by hits desc, seq desc limit $3`,
    [chatId, wordsOf(query), FOUND, EXCERPT],
  );
  return rows.map((row) => ({ ...row, at: row.at.toISOString() }));
}

/** The chat's memories that hold most of the words, pinned ones first among equals. */
export async function searchMemories(db: Db, chatId: string, query: string): Promise<FoundMemory[]> {
  const { rows } = await db.query<FoundMemory>(
    `select left(text, $4) as text, significance, pinned_seq is not null as pinned from (
       select *, (select count(*) from unnest($2::text[]) as w(word) where strpos(lower(m.text), w.word) > 0) as hits
       from memories m where m.chat_id = $1) as remembered
     where hits > 0 order by hits desc, pinned_seq is not null desc, written_seq desc limit $3`,
    [chatId, wordsOf(query), FOUND, EXCERPT],
  );
  return rows;
}
