-- Up Migration

-- The functions that the request of a turn brings, which its client runs: {functions, choice, parallel}.
alter table turns add column client_functions jsonb;
-- Set on the step of a call of such a function.
alter table agent_steps add column client boolean;

-- Of a response that is not to be stored: its chat was made for it, and is deleted with its end.
alter table dialect_responses add column deletes_chat boolean not null default false;
create index dialect_responses_unstored on dialect_responses (chat_id) where deletes_chat;

-- Down Migration
-- forward only
