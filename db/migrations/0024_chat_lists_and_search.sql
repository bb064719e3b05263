-- Up Migration

-- Chats by their newest event.
create index chats_by_activity on chats (owner, (coalesce(last_event_at, created_at)), id);

-- The chat that a fork is a copy of, which may be deleted since.
alter table chats add column forked_from text;

-- What the chat was created with; null while its settings were never changed. `settings` is folded from it and the log.
alter table chats add column created_settings jsonb;
-- The settings that a turn began with, if the chat's were changed before it ended.
alter table turns add column settings jsonb;
create index events_settings on events (chat_id, seq)
  where kind = 'chat_settings_changed' and hidden_by is null and superseded_by is null;

-- The words of a text: in lower case, split at ASCII and general punctuation. Each character of scripts that are written
-- without spaces is a word. Only the first 100,000 characters count, because a tsvector holds at most 1 MiB.
create function search_words(given text) returns text[] language sql immutable parallel safe as $$
  select array_remove(string_to_array(regexp_replace(
    regexp_replace(lower(left(given, 100000)), '([\u0E00-\u0E7F\u2E80-\u9FFF\uAC00-\uD7AF\uF900-\uFAFF])', ' \1 ', 'g'),
    '[\u0001-\u002F\u003A-\u0040\u005B-\u0060\u007B-\u00BF\u2000-\u206F\u3000-\u303F\uFF00-\uFF0F]+', ' ', 'g'), ' '), '')
$$;

-- The words of an owner's text, each with a prefix for the owner: a search reads no entry of other owners.
create function owner_words(owner text, given text) returns tsvector language sql immutable parallel safe as $$
  select array_to_tsvector(array(select left(md5(owner), 8) || left(word, 64) from unnest(search_words(given)) as word))
$$;

-- Texts in which each word of the query begins a word. Null for a query without words.
create function owner_query(owner text, given text) returns tsquery language sql immutable parallel safe as $$
  select string_agg('''' || left(md5(owner), 8) || left(word, 64) || ''':*', ' & ')::tsquery
  from (select word from unnest(search_words(given)) as word limit 16) as words
$$;

-- The words of the events that a search finds: db/timeline/searchTexts.ts. Not a projection: it has hidden events too.
create table event_texts (
  chat_id text not null,
  seq integer not null,
  at timestamptz not null,
  words tsvector not null,
  primary key (chat_id, seq)
);

create function event_text(kind text, turn_id text, data jsonb) returns text language sql immutable parallel safe as $$
  select case
    when kind in ('user_turn', 'user_turn_edit', 'assistant_turn', 'assistant_turn_edited', 'message_added', 'memory_edited')
      then data->>'text'
    -- The memories of a turn repeat its texts.
    when kind = 'memory_written' and turn_id is null then data->>'text'
    when kind = 'scene_summary' then data->>'summary'
  end
$$;

-- A trigger, because logs grow by appends, forks and imports, and by the release before.
create function index_event_texts() returns trigger language plpgsql as $$
begin
  insert into event_texts (chat_id, seq, at, words)
  select e.chat_id, e.seq, e.at, owner_words(c.owner, event_text(e.kind, e.turn_id, e.data))
  from added e join chats c on c.id = e.chat_id
  where event_text(e.kind, e.turn_id, e.data) <> ''
  on conflict (chat_id, seq) do nothing;
  return null;
end
$$;
create trigger index_event_texts after insert on events
  referencing new table as added for each statement execute function index_event_texts();

insert into event_texts (chat_id, seq, at, words)
select e.chat_id, e.seq, e.at, owner_words(c.owner, event_text(e.kind, e.turn_id, e.data))
from events e join chats c on c.id = e.chat_id
where event_text(e.kind, e.turn_id, e.data) <> ''
on conflict (chat_id, seq) do nothing;

-- A short pending list: each search reads the whole of it.
create index event_texts_by_word on event_texts using gin (words) with (gin_pending_list_limit = 256);

-- Down Migration
-- forward only
