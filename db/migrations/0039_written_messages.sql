-- Up Migration

-- A message that a model writes for the user to edit and send. The row is there for as long as the request waits.
create table impersonations (
  id text primary key,
  chat_id text not null,
  owner text not null,
  hint text not null,
  text text,
  created_at timestamptz not null default now()
);
create index impersonations_of_chat on impersonations (chat_id);
create index impersonations_of_owner on impersonations (owner, created_at);
create index impersonations_spent on impersonations (created_at);

-- Down Migration
-- forward only
