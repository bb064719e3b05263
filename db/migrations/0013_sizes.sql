-- Up Migration

-- How much an event's data is as JSON in UTF-8, in bytes: what is stored is compressed, and says nothing of what a
-- reader will hold. Null for events of a release before.
alter table events add column bytes integer;
-- The sum over the chat's log. Null until a chat of a release before is appended to.
alter table chats add column log_bytes bigint;
alter table chats alter column log_bytes set default 0;

-- A page of a transcript is found without reading what is between.
create index events_spoken on events (chat_id, seq) where kind in ('user_turn', 'system_message');
create index events_begun on events (chat_id, seq) where kind = 'assistant_turn_started';
create index events_loose on events (chat_id, seq)
  where turn_id is null and kind in ('citations', 'planning_artifact', 'reasoning');
create index turns_by_user_turn on turns (chat_id, user_turn_seq);

-- Down Migration
-- forward only
