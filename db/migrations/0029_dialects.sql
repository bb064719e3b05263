-- Up Migration

-- A client of another protocol names its chats itself. Its name is kept per owner and mount.
create table dialect_chats (
  owner text not null,
  mount text not null,
  client_id text not null,
  chat_id text not null,
  -- of a conversation that a client made
  metadata jsonb not null default '{}',
  created_at timestamptz not null default now(),
  primary key (owner, mount, client_id)
);
create index dialect_chats_chat on dialect_chats (chat_id);

-- The requests of such clients, which repeat them without a key. Kept for some minutes.
create table dialect_requests (
  id uuid primary key,
  owner text not null,
  mount text not null,
  request_hash text not null,
  -- set before the turn is accepted
  chat_id text,
  at timestamptz not null default now()
);
create index dialect_requests_hash on dialect_requests (owner, mount, request_hash, at);
create index dialect_requests_at on dialect_requests (at);
create index dialect_requests_chat on dialect_requests (chat_id);

-- What a response (a turn that came over the Responses API) shows of its request.
create table dialect_responses (
  turn_id text primary key,
  owner text not null,
  chat_id text not null,
  fields jsonb not null,
  -- the input as the client sent it, a list of items
  input jsonb not null,
  created_at timestamptz not null default now()
);
create index dialect_responses_chat on dialect_responses (chat_id);

-- Clients name their own messages and runs. The name finds its turn again: for an edit, and for a repeat.
create table dialect_turns (
  chat_id text not null,
  kind text not null check (kind in ('message', 'run')),
  client_id text not null,
  turn_id text not null,
  primary key (chat_id, kind, client_id)
);
create index dialect_turns_turn on dialect_turns (turn_id);

-- Messages of conversations that began elsewhere are lines too.
drop index events_lines;
create index events_lines on events (chat_id, (coalesce((data->>'userTurnSeq')::integer, seq)), (kind = 'assistant_turn'), seq)
  where kind in ('user_turn', 'user_turn_edit', 'assistant_turn', 'message_added')
    and hidden_by is null and superseded_by is null;
drop index events_messages;
create index events_messages on events (chat_id, seq)
  where kind in ('user_turn', 'user_turn_edit', 'assistant_turn', 'message_added')
    and hidden_by is null and superseded_by is null;
create index events_added on events (chat_id, seq)
  where kind = 'message_added' and hidden_by is null and superseded_by is null;

-- Down Migration
-- forward only
