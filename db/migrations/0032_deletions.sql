-- Up Migration

-- Chats whose workflows and histories in Temporal are still to be deleted: db/chats/workflowDeletions.ts.
create table workflow_deletions (
  chat_id text primary key,
  deleted_at timestamptz not null default now(),
  -- when the next process may look for them
  not_before timestamptz not null default now()
);
create index workflow_deletions_due on workflow_deletions (not_before);

create or replace function note_chat_deletion() returns trigger language plpgsql as $$
begin
  insert into chat_deletions (chat_id) values (old.id) on conflict do nothing;
  insert into workflow_deletions (chat_id) values (old.id) on conflict do nothing;
  return old;
end
$$;

-- Owners of whom everything is deleted that was there at this time, and is not all gone: db/owners/deleteOwner.ts.
create table owner_deletions (
  owner text primary key,
  requested_at timestamptz not null default now()
);

-- Down Migration
-- forward only
