-- Up Migration

create table webhooks (
  id text primary key,
  owner text not null,
  url text not null,
  -- kinds of events
  events text[] not null,
  -- encrypted: db/core/sealed.ts
  sealed_secret bytea not null,
  -- stored by the operator, whose webhooks may be at loopback addresses
  by_operator boolean not null,
  created_at timestamptz not null default now()
);
create index webhooks_by_owner on webhooks (owner, id);

-- The outbox of events that webhooks ask for, written by the statement that appends the events: db/timeline/log.ts.
-- A row is an open delivery. No foreign key to webhooks: an append would lock their rows.
create table webhook_deliveries (
  webhook_id text not null,
  chat_id text not null,
  seq integer not null,
  created_at timestamptz not null default now(),
  -- when Temporal took the delivery's workflow
  started_at timestamptz,
  primary key (webhook_id, chat_id, seq)
);
create index webhook_deliveries_by_start on webhook_deliveries (webhook_id, started_at, created_at);
create index webhook_deliveries_by_age on webhook_deliveries (created_at);
create index webhook_deliveries_of_chat on webhook_deliveries (chat_id);

-- Down Migration
-- forward only
