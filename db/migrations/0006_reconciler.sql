-- Up Migration

-- The Temporal namespaces that turns were started in, by their own UUID: a name says nothing about the server.
create table temporal_namespaces (
  id text primary key,
  name text not null,
  cluster_id text,
  first_seen_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now()
);

alter table turns
  -- the namespace that the turn's workflow was started in, or is about to be; null before the first start
  add column namespace_id text,
  -- since when the task of its workflow fails again and again; null while the workflow can go on
  add column failing_since timestamptz;

-- failing: the floor was passed on because the workflow could not go on; nothing new is asked of a provider.
alter table turns drop constraint turns_stop_check;
alter table turns add constraint turns_stop_check check (stop in ('cancel', 'interrupt', 'rollback', 'failing'));

-- What the last pass of the reconciler found: one row.
create table reconciler (
  only_row boolean primary key default true check (only_row),
  namespace_id text not null,
  -- turns that it left alone because they were started in another namespace
  elsewhere integer not null,
  -- turns that it left alone because too many were not found at once
  missing integer not null,
  -- where the next pass begins, when the last one ran out of time
  resume_after text,
  passed_at timestamptz not null default now()
);

-- Down Migration
-- forward only
