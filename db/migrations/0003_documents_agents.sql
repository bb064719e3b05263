-- Up Migration

create table documents (
  id text primary key,
  owner text not null,
  title text not null,
  body text not null,
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index documents_by_owner on documents (owner, id);

-- A thread is a chat about a document; `anchor` is {quote, start?, end?}, null for the whole.
alter table chats
  add column document_id text references documents,
  add column anchor jsonb;
create index chats_by_document on chats (document_id);

-- What the caller of a turn may do at most: 1 read, 2 write, 3 dangerous.
alter table turns add column caller_level integer not null default 3 check (caller_level between 1 and 3);

create table providers (
  id text primary key,
  owner text not null,
  name text not null,
  base_url text not null,
  -- AES-256-GCM: nonce, tag and ciphertext
  sealed_key bytea not null,
  default_model text not null,
  max_tokens integer,
  created_at timestamptz not null default now()
);
create index providers_by_owner on providers (owner, id);

-- The tools that workers know, as the last of them to start published them.
create table tools (
  name text primary key,
  description text not null,
  parameters jsonb not null,
  level integer not null,
  source text not null,
  needs_approval boolean not null,
  idempotent boolean not null,
  timeout_ms integer not null,
  worker_seen_at timestamptz not null default now()
);

-- One row a landed call of the model within an agent's turn, or within one of its sub-agents ('' is the turn itself).
create table agent_iterations (
  turn_id text not null references turns on delete cascade,
  task_call_id text not null default '',
  iteration integer not null,
  text text not null,
  thinking text not null,
  model text not null,
  finish_reason text not null,
  usage jsonb,
  landed_at timestamptz not null default now(),
  primary key (turn_id, task_call_id, iteration)
);

-- The steps that people see, from their first token on. `offset`: where in the draft's channel its text begins.
create table agent_steps (
  turn_id text not null references turns on delete cascade,
  index integer not null,
  id text not null,
  type text not null check (type in ('thinking', 'text', 'tool_call', 'tool_result')),
  iteration integer not null,
  "offset" integer,
  content text,
  call_id text,
  name text,
  arguments jsonb,
  success boolean,
  primary key (turn_id, index)
);

-- Calls of tools: what was asked, who allowed it, what came of it.
create table tool_calls (
  turn_id text not null references turns on delete cascade,
  call_id text not null,
  task_call_id text not null default '',
  iteration integer not null,
  -- among the calls of its iteration, from 0
  position integer not null,
  name text not null,
  -- as the model wrote them, which may be no JSON
  arguments text not null,
  -- how it is to be made: what the workflow knows of it
  plan jsonb not null default '{}',
  status text not null default 'pending'
    check (status in ('pending', 'awaiting_approval', 'running', 'done')),
  -- attempts that were begun: a second one of a tool that is not idempotent is not made
  attempts integer not null default 0,
  -- what was approved: sha256 of the tool's name and the arguments
  approval_hash text,
  approved boolean,
  comment text,
  decided_at timestamptz,
  success boolean,
  result text,
  -- the index of its result among the steps: known from the start, whichever call ends first
  result_index integer,
  primary key (turn_id, call_id)
);
create index tool_calls_waiting on tool_calls (turn_id) where status = 'awaiting_approval';

-- Projections, named by chat and id.
create table changes (
  chat_id text not null references chats on delete cascade,
  id text not null,
  document_id text not null,
  state text not null check (state in ('pending', 'accepted', 'declined')),
  original text not null,
  proposed text not null,
  reason text not null,
  stale_since timestamptz,
  message_seq integer not null,
  -- seq of its `changes_proposed`, and its place therein: the order of their source
  proposed_seq integer not null,
  position integer not null,
  primary key (chat_id, id)
);
create index changes_by_id on changes (id);
create index changes_by_document on changes (document_id, state);

create table chat_projections (
  chat_id text primary key references chats on delete cascade,
  name text,
  record_type text,
  model_id text,
  message_count integer not null default 0,
  plan jsonb,
  steps jsonb not null default '[]',
  root_step_id text,
  strategy_id bigint,
  is_saved boolean not null default false,
  last_event_seq integer not null default 0
);
create index chat_projections_by_strategy on chat_projections (strategy_id);

-- Down Migration
-- forward only
