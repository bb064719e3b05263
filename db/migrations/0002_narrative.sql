-- Up Migration

alter table chats add column guest_id text references characters;
create index chats_by_guest on chats (guest_id);

alter table turns
  -- the turn whose reply this one replaces, the first of its versions, and the one whose prose it answers
  add column regenerates text,
  add column root_id text,
  add column prose_id text,
  -- the new prose of a regenerated turn, until `user_turn_edit` lands with the reply
  add column edit_text text;
update turns set root_id = id, prose_id = id;
alter table turns alter column root_id set not null, alter column prose_id set not null;
create index turns_by_root on turns (root_id);
-- a chat may have several turns that wait for an operator
create index turns_open on turns (chat_id) where status in ('running', 'awaiting_operator');

-- the speaker of the first beat, on a second one
alter table drafts add column interjection_of text;

-- How far each step of a turn is, for the resource and for operators.
create table turn_steps (
  turn_id text not null references turns on delete cascade,
  name text not null,
  status text not null check (status in ('pending', 'running', 'retrying', 'done', 'stuck', 'skipped')),
  -- attempts that were begun, and how many of this round the provider failed
  attempts integer not null default 0,
  failures integer not null default 0,
  -- how often an operator had it begin anew
  round integer not null default 0,
  last_error text,
  -- what a done step found, in ids, counts and verdicts: an attempt that comes again returns it
  verdict jsonb,
  position integer generated always as identity,
  updated_at timestamptz not null default now(),
  primary key (turn_id, name)
);

-- Projections are named by chat and id: a fork keeps the ids of what it copies.
alter table scenes drop constraint scenes_pkey, add primary key (chat_id, id);
alter table scenes
  add column closed_seq integer,
  add column ended_at timestamptz,
  add column summaries jsonb not null default '{}';

create table edges (
  chat_id text not null references chats on delete cascade,
  source_id text not null,
  target_id text not null,
  affinity integer not null,
  trust integer not null,
  summary text,
  knowledge_facts jsonb not null default '[]',
  last_interaction_at timestamptz,
  primary key (chat_id, source_id, target_id)
);

create table memories (
  chat_id text not null references chats on delete cascade,
  id text not null,
  text text not null,
  scene_id text,
  -- ids of those who witnessed it
  witnesses jsonb not null,
  -- those who have it in writing
  witness_ids jsonb not null default '[]',
  chat_clock integer not null,
  significance integer,
  pinned_seq integer,
  written_seq integer not null,
  written_at timestamptz not null,
  primary key (chat_id, id)
);
create index memories_by_age on memories (chat_id, written_seq);

create table story_events (
  chat_id text not null references chats on delete cascade,
  id text not null,
  title text not null,
  description text not null,
  status text not null check (status in ('planned', 'active', 'completed', 'cancelled')),
  artifacts jsonb not null default '{}',
  planned_seq integer not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (chat_id, id)
);

create table objects (
  chat_id text not null references chats on delete cascade,
  seq integer not null,
  owner_id text not null,
  name text not null,
  acquired_at timestamptz not null,
  primary key (chat_id, seq)
);

-- Down Migration
-- forward only
