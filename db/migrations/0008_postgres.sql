-- Up Migration

-- The newest event's time: the next one is never earlier, whatever the clock does.
alter table chats add column last_event_at timestamptz;
update chats c set last_event_at = (select e.at from events e where e.chat_id = c.id and e.seq = c.seq);

-- Every foreign key has an index that begins with its columns.
create index drafts_by_chat on drafts (chat_id);
create index providers_by_fallback on providers (fallback_id);

-- A chat's row is deleted at once, what belongs to it in pieces later: docs/decisions/chat-deletion.md.
create table chat_deletions (
  chat_id text primary key,
  deleted_at timestamptz not null default now()
);
create index chat_deletions_by_age on chat_deletions (deleted_at);

create function note_chat_deletion() returns trigger language plpgsql as $$
begin
  insert into chat_deletions (chat_id) values (old.id) on conflict do nothing;
  return old;
end
$$;
create trigger note_deletion after delete on chats for each row execute function note_chat_deletion();

alter table turns drop constraint turns_chat_id_fkey;
alter table events drop constraint events_chat_id_fkey;
alter table drafts drop constraint drafts_chat_id_fkey;
alter table scenes drop constraint scenes_chat_id_fkey;
alter table chat_summaries drop constraint chat_summaries_chat_id_fkey;
alter table edges drop constraint edges_chat_id_fkey;
alter table memories drop constraint memories_chat_id_fkey;
alter table story_events drop constraint story_events_chat_id_fkey;
alter table objects drop constraint objects_chat_id_fkey;
alter table changes drop constraint changes_chat_id_fkey;
alter table chat_projections drop constraint chat_projections_chat_id_fkey;

-- Down Migration
-- forward only
