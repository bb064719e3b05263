-- Up Migration

alter table turns
  -- The drafts and steps of a turn that ended a while ago, as its resource shows them; their own rows are then removed.
  add column ended_state jsonb,
  -- When the last of those rows was removed.
  add column trimmed_at timestamptz;
-- The turns whose rows are still to be removed.
create index turns_untrimmed on turns (finished_at) where finished_at is not null and trimmed_at is null;

-- Down Migration
-- forward only
