-- Up Migration

create table you (
  owner text primary key,
  name text not null,
  persona text not null,
  updated_at timestamptz not null default now()
);

create table characters (
  id text primary key,
  owner text not null,
  name text not null,
  persona text not null,
  greeting text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index characters_by_owner on characters (owner, id);

create table chats (
  id text primary key,
  owner text not null,
  kind text not null check (kind in ('narrative', 'document', 'agent', 'relay')),
  title text,
  host_id text references characters,
  settings jsonb not null default '{}',
  -- the newest event's seq; taken under this row's lock, so that seq is dense
  seq integer not null default 0,
  -- the turn that holds the floor
  active_turn_id text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index chats_by_owner on chats (owner, id);
create index chats_by_host on chats (host_id);

create table turns (
  id text primary key,
  chat_id text not null references chats on delete cascade,
  owner text not null,
  kind text not null,
  status text not null
    check (status in ('queued', 'running', 'awaiting_operator', 'completed', 'cancelled', 'failed')),
  phase text not null default 'waiting',
  -- the queue's order: user_turn's seq, negated for an interrupt, which goes to the head
  rank integer not null,
  user_turn_seq integer not null,
  idempotency_key text,
  -- sha256 of the request's body, to tell a repeat from a misuse of the key
  request_hash text not null,
  when_failed text not null check (when_failed in ('fail', 'park')),
  stop text check (stop in ('cancel', 'interrupt', 'rollback')),
  error jsonb,
  usage jsonb,
  warnings jsonb not null default '[]',
  run_id text,
  created_at timestamptz not null default now(),
  -- when it got the floor
  started_at timestamptz,
  -- when its workflow's first step ran: from here on a missing workflow means a lost one
  opened_at timestamptz,
  finished_at timestamptz,
  unique (chat_id, idempotency_key)
);
create index turns_queue on turns (chat_id, rank) where status = 'queued';
create index turns_unfinished on turns (started_at) where status in ('running', 'awaiting_operator');

create table events (
  chat_id text not null references chats on delete cascade,
  seq integer not null,
  kind text not null,
  turn_id text,
  -- the step that caused it, and its number among the events of that step: the key under which an effect happens once
  step text not null,
  n integer not null,
  at timestamptz not null default now(),
  data jsonb not null,
  superseded_by integer,
  hidden_by integer,
  primary key (chat_id, seq)
);
create unique index events_once on events (chat_id, turn_id, step, n) nulls not distinct;

-- One row a reply: who may write it (fence), how many drafts there were (epoch).
create table drafts (
  turn_id text not null references turns on delete cascade,
  beat integer not null,
  chat_id text not null references chats on delete cascade,
  speaker_id text not null,
  user_turn_seq integer not null,
  fence integer not null default 0,
  -- the activity that holds the fence, and its attempt as Temporal counts: an older attempt may wake up late
  task text,
  task_attempt integer,
  epoch integer not null default 0,
  -- attempts that asked the provider, and how many of them the provider failed
  attempt integer not null default 0,
  failures integer not null default 0,
  last_error text,
  -- true while all that was sent of the epoch is checkpointed: its last writer ended in order
  settled boolean not null default true,
  status text not null default 'streaming' check (status in ('streaming', 'landed', 'closed')),
  updated_at timestamptz not null default now(),
  primary key (turn_id, beat)
);
create index drafts_in_flight on drafts (chat_id) where status = 'streaming';

-- Checkpoints: the text of a draft's epoch in pieces, each at its offset in UTF-16 code units.
create table draft_chunks (
  turn_id text not null,
  beat integer not null,
  epoch integer not null,
  channel text not null check (channel in ('text', 'thinking')),
  "offset" integer not null,
  text text not null,
  primary key (turn_id, beat, epoch, channel, "offset"),
  foreign key (turn_id, beat) references drafts on delete cascade
);

-- Projections: folds over what is in the timeline. Rebuilding them from the log gives the same rows.
create table scenes (
  id text primary key,
  chat_id text not null references chats on delete cascade,
  container text not null,
  opened_seq integer not null,
  opened_at timestamptz not null
);
create index scenes_by_chat on scenes (chat_id, opened_seq);

create table chat_summaries (
  chat_id text primary key references chats on delete cascade,
  message_count integer not null,
  last_message_at timestamptz
);

-- Down Migration
-- forward only
